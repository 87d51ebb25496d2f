import type { Convoy, RunView } from "../client/types.ts";
import type { Call } from "./define-command.ts";
import { exitCodes } from "./exit-codes.ts";
import { Leave } from "./print-error.ts";
import { LastEpochs } from "./progress/last-epochs.ts";
import type { ProgressSink } from "./progress/sinks.ts";

interface FollowOptions {
  convoy: Convoy;
  runId: string;
  sink: ProgressSink;
  /** What the first Ctrl-C does: stop the run and wait for its end, or only leave. */
  onInterrupt: "stop" | "leave";
  /** How to start it again, for the message after Ctrl-C. */
  resume?: string;
}

/**
 * Follows a run until it ends, waits for an operator, or the person leaves.
 *
 * @returns the last view, and whether it ended because of Ctrl-C
 * @throws {Leave} when the person left before the end; the run goes on, or stops on its own
 */
export async function follow(call: Call, options: FollowOptions): Promise<{ view: RunView; isInterrupted: boolean }> {
  const interruption = listen(call, options);
  const { sink, convoy, runId } = options;
  try {
    let view: RunView | undefined;
    const lastEpochs = new LastEpochs(convoy);
    const views = convoy.watchRun(runId, { signal: interruption.signal })[Symbol.asyncIterator]();
    for (;;) {
      const next = await Promise.race([views.next(), interruption.left]);
      if (next.done) break;
      view = await lastEpochs.complete(next.value);
      sink.show(view);
      if (view.record.status === "waiting") break;
    }
    view ??= await convoy.viewRun(runId);
    sink.show(view);
    return { view, isInterrupted: interruption.isStopping() };
  } finally {
    interruption.end();
    sink.close();
  }
}

function listen(call: Call, { convoy, runId, sink, onInterrupt, resume }: FollowOptions) {
  const leaving = new AbortController();
  let isStopping = false;
  const left = new Promise<never>((_, reject) => {
    leaving.signal.addEventListener("abort", () => reject(new Leave(exitCodes.interrupted)), { once: true });
  });
  left.catch(() => {}); // raced against; after the end nobody waits for it
  const goAway = (text: string) => {
    sink.say(text);
    leaving.abort();
  };
  const stop = () => {
    isStopping = true;
    sink.say(`Stopping run ${runId}; waiting for it to end cleanly (Ctrl-C again leaves at once).`);
    if (resume) sink.say(`Start it again with: ${resume}`);
    // What stopping cannot do (a server away) is no reason to stop watching; the person can leave by a second Ctrl-C.
    convoy
      .stopRun(runId, { signal: leaving.signal })
      .catch((error: unknown) => sink.say(`The run could not be asked to stop: ${String(error)}`));
  };
  const end = call.terminal.onInterrupt((kind, count) => {
    if (kind === "hangup") goAway(`Detached; run ${runId} goes on. Follow it: convoy watch ${runId}`);
    else if (onInterrupt === "stop" && count === 1) stop();
    else if (isStopping) goAway(`Left; run ${runId} stops on its own. See: convoy show ${runId}`);
    else goAway(`Left; run ${runId} goes on. Follow it: convoy watch ${runId}   Stop it: convoy stop ${runId}`);
  });
  return { signal: leaving.signal, left, end, isStopping: () => isStopping };
}
