import { setImmediate } from "node:timers/promises";

import { TrainingDiverged } from "../../ml/errors.ts";
import type { EpochRequest, RunningTotals } from "./engine.ts";

export interface EpochLoop {
  request: EpochRequest;
  batchSize: number;
  /** How many steps to hand over at once from a step on; never across the epoch's end. */
  stepsPerCall(step: number): number;
  /**
   * Takes the steps of the given batches of rows.
   * @param upcoming the batch after them, to be read ahead; null at the end
   * @param rates learning rate of each
   */
  run(batches: Int32Array[], upcoming: Int32Array | null, rates: Float32Array): Promise<StepResult[]>;
}

export interface StepResult {
  /** Mean over the batch. */
  loss: number;
  /** Rows classified correctly. */
  correct: number;
}

const progressEveryMs = 250;

/** Goes through the steps of an epoch, sums up, reports, and stops where asked to. The last batch may be shorter. */
export async function runEpoch(loop: EpochLoop): Promise<{ totals: RunningTotals; stoppedAtStep: number | null }> {
  const { request, batchSize } = loop;
  const stepCount = Math.ceil(request.order.length / batchSize);
  const totals = { ...request.runningTotals };
  let reported = performance.now();
  for (let step = request.fromStep; step < stepCount;) {
    const count = Math.max(1, Math.min(loop.stepsPerCall(step), stepCount - step));
    const batch = (index: number) => request.order.subarray(index * batchSize, (index + 1) * batchSize);
    const batches = Array.from({ length: count }, (_, i) => batch(step + i));
    const rates = Float32Array.from({ length: count }, (_, i) => rateOf(request, step + i));
    const results = await loop.run(batches, step + count < stepCount ? batch(step + count) : null, rates);
    for (const [i, result] of results.entries())
      addStep(totals, result, batches[i]!.length, { epoch: request.epoch, step: step + i });
    step += count;
    if (performance.now() - reported < progressEveryMs) continue;
    await setImmediate(); // TensorFlow blocks the event loop; let messages in
    if (await request.onProgress(step, { ...totals })) return { totals, stoppedAtStep: step };
    reported = performance.now();
  }
  return { totals, stoppedAtStep: null };
}

function rateOf({ learningRate }: EpochRequest, step: number): number {
  return typeof learningRate === "number" ? learningRate : learningRate(step);
}

function addStep(totals: RunningTotals, { loss, correct }: StepResult, rows: number, at: { epoch: number; step: number }): void {
  if (!Number.isFinite(loss)) {
    const mean = totals.rows === 0 ? "none" : (totals.lossSum / totals.rows).toPrecision(4);
    throw new TrainingDiverged(
      `The loss of epoch ${at.epoch}, step ${at.step + 1} must be finite; received ${loss} (mean before: ${mean}). ` +
        "Try a lower train.optimizer.learningRate, train.optimizer.clipNorm: 1, or check the normalization.",
    );
  }
  totals.lossSum += loss * rows;
  totals.correct += correct;
  totals.rows += rows;
}
