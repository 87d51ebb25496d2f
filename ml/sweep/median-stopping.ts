import { quantile } from "../stats/quantile.ts";
import type { Move, RungQuestion } from "./rungs.ts";
import { isRunning } from "./rungs.ts";
import type { PruneParameters, Trial } from "./schema.ts";

/** Epochs after which a trial is judged, and the last one. */
export function judgedEpochs(
  { minEpochs, interval }: Pick<PruneParameters, "minEpochs" | "interval">,
  maxEpochs: number,
): number[] {
  const every = interval ?? Math.max(1, Math.ceil(maxEpochs / 10));
  const epochs: number[] = [];
  for (let epoch = minEpochs; epoch < maxEpochs; epoch += every) epochs.push(epoch);
  return [...epochs, maxEpochs];
}

/**
 * The median rule: a trial ends where its best value so far is worse than the median of what the trials that are done had by the same epoch.
 * @see Golovin et al. 2017, "Google Vizier", section 3.2.2; Optuna's MedianPruner
 */
export function medianStopping({ trials, prune, maxEpochs, mayStart, minimize }: RungQuestion): Move | null {
  const paused = trials.find(({ status }) => status === "paused");
  if (paused) {
    const epochs = judgedEpochs(prune, maxEpochs);
    if (isBelowMedian(paused, trials, { startupTrials: prune.startupTrials, minimize }))
      return { kind: "prune", number: paused.number };
    const next = epochs.find((epoch) => epoch > (paused.rungs.at(-1)?.epoch ?? 0)) ?? maxEpochs;
    return { kind: "promote", number: paused.number, untilEpoch: next };
  }
  if (mayStart) return { kind: "start", untilEpoch: judgedEpochs(prune, maxEpochs)[0]! };
  return trials.some(isRunning) ? { kind: "wait" } : null;
}

function isBelowMedian(
  { rungs }: Trial,
  trials: readonly Trial[],
  { startupTrials, minimize }: { startupTrials: number; minimize: boolean },
): boolean {
  const reached = rungs.at(-1);
  const done = trials.filter(({ status }) => status === "done");
  if (!reached || done.length < startupTrials) return false;
  const others = done.flatMap((trial) => trial.rungs.filter(({ epoch }) => epoch === reached.epoch).map(({ value }) => value));
  if (others.length === 0) return false;
  const median = quantile(
    others.toSorted((a, b) => a - b),
    0.5,
  );
  return minimize ? reached.value > median : reached.value < median;
}
