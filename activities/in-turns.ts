import { setImmediate } from "node:timers/promises";

/** Long enough to cost nothing, and nobody notices a worker that answers so late. */
const turnMs = 50;

/**
 * Takes the steps of a long computation in turns with everything else that this process does: heartbeats, other activities, and the end of the run.
 * A step should take a few milliseconds at most.
 */
export async function inTurns<Result>(steps: Generator<void, Result>, signal?: AbortSignal): Promise<Result> {
  for (;;) {
    signal?.throwIfAborted();
    const end = performance.now() + turnMs;
    let step = steps.next();
    while (!step.done && performance.now() < end) step = steps.next();
    if (step.done) return step.value;
    await setImmediate();
  }
}
