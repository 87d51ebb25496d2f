import type { Move, RungQuestion } from "./rungs.ts";
import { isRunning, rankedAt, rungEpochs, waitsAt } from "./rungs.ts";

/**
 * Asynchronous successive halving: whoever is free promotes a trial of the best `1 / factor` of its rung, from the highest rung down, and
 * else starts a new one; nobody waits for a rung to fill, so that it works with one trainer as with many. When nothing is left and no trial
 * was trained to the end, the best one of the highest rung is.
 * @see Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", algorithm 2
 */
export function asha({ trials, prune, maxEpochs, mayStart, minimize }: RungQuestion): Move | null {
  const rungs = rungEpochs(prune, maxEpochs);
  for (let index = rungs.length - 2; index >= 0; index--) {
    const epoch = rungs[index]!;
    const ranked = rankedAt(trials, epoch, minimize);
    const next = ranked.slice(0, Math.floor(ranked.length / prune.factor)).find((trial) => waitsAt(trial, epoch));
    if (next) return { kind: "promote", number: next.number, untilEpoch: rungs[index + 1]! };
  }
  if (mayStart) return { kind: "start", untilEpoch: rungs[0]! };
  if (trials.some(isRunning)) return { kind: "wait" };
  return finishOne({ trials, rungs, minimize });
}

/** Sends the best trial of the highest rung on, where none has been trained to the end. */
function finishOne({
  trials,
  rungs,
  minimize,
}: Pick<RungQuestion, "trials" | "minimize"> & { rungs: readonly number[] }): Move | null {
  if (rankedAt(trials, rungs.at(-1)!, minimize).length > 0) return null;
  for (let index = rungs.length - 2; index >= 0; index--) {
    const best = rankedAt(trials, rungs[index]!, minimize).find((trial) => waitsAt(trial, rungs[index]!));
    if (best) return { kind: "promote", number: best.number, untilEpoch: rungs[index + 1]! };
  }
  return null;
}
