import { TrainingDiverged } from "../../ml/errors.ts";
import type { ReadTotals } from "./device-totals.ts";
import type { EpochRequest, RunningTotals } from "./engine.ts";
import { ReportClock } from "./report-clock.ts";
import { divergenceRemedies } from "./state-check.ts";

export interface EpochLoop {
  request: EpochRequest;
  batchSize: number;
  totals: EpochTotals;
  /** How many steps to hand over at once from a step on; never across the epoch's end. */
  stepsPerCall(step: number): number;
  /**
   * Takes the steps of the given batches of rows.
   * @param upcoming the batch after them, to be read ahead; null at the end
   * @param rates learning rate of each
   */
  run(batches: Int32Array[], upcoming: Int32Array | null, rates: Float32Array): Promise<void>;
}

/** An epoch's totals, to which an engine adds each step it takes. */
export interface EpochTotals {
  begin(totals: RunningTotals): void;
  read(): ReadTotals;
}

/**
 * Goes through the steps of an epoch, reports, and stops where asked to. The last batch may be shorter.
 * @throws {TrainingDiverged} if a step's loss was not finite: at the next report or at the end, before anybody is told of the steps
 */
export async function runEpoch(loop: EpochLoop): Promise<{ totals: RunningTotals; stoppedAtStep: number | null }> {
  const { request, batchSize } = loop;
  const stepCount = Math.ceil(request.order.length / batchSize);
  loop.totals.begin(request.runningTotals);
  const clock = new ReportClock();
  for (let step = request.fromStep; step < stepCount;) {
    const count = Math.max(1, Math.min(loop.stepsPerCall(step), stepCount - step));
    const batch = (index: number) => request.order.subarray(index * batchSize, (index + 1) * batchSize);
    const batches = Array.from({ length: count }, (_, i) => batch(step + i));
    const rates = Float32Array.from({ length: count }, (_, i) => rateOf(request, step + i));
    await loop.run(batches, step + count < stepCount ? batch(step + count) : null, rates);
    step += count;
    const isStopped = await clock.tick(() => request.onProgress(step, finiteTotals(loop)));
    if (isStopped) return { totals: finiteTotals(loop), stoppedAtStep: step };
  }
  return { totals: finiteTotals(loop), stoppedAtStep: null };
}

function rateOf({ learningRate }: EpochRequest, step: number): number {
  return typeof learningRate === "number" ? learningRate : learningRate(step);
}

function finiteTotals({ request, batchSize, totals: held }: EpochLoop): RunningTotals {
  const { totals, loss } = held.read();
  if (Number.isFinite(loss)) return totals;
  const steps = request.fromStep + (totals.rows - request.runningTotals.rows) / batchSize;
  const mean = totals.rows === 0 ? "none" : (totals.lossSum / totals.rows).toPrecision(4);
  throw new TrainingDiverged(
    `The loss of epoch ${request.epoch}, step ${steps + 1} must be finite; received ${loss} (mean before: ${mean}). ${divergenceRemedies}`,
  );
}
