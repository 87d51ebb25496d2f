import type { Move, RungQuestion } from "./rungs.ts";
import { isRunning, rankedAt, rungEpochs, waitsAt } from "./rungs.ts";
import type { Trial } from "./schema.ts";

/**
 * Successive halving: all trials to the first rung, of those the best `1 / factor` to the next, and so on; at least one goes to the end.
 * @see Jamieson and Talwalkar 2016, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", algorithm 1
 */
export function successiveHalving({ trials, prune, maxEpochs, mayStart, minimize }: RungQuestion): Move | null {
  const rungs = rungEpochs(prune, maxEpochs);
  if (mayStart) return { kind: "start", untilEpoch: rungs[0]! };
  return halve({ trials, rungs, factor: prune.factor, minimize });
}

/** The halving of trials that have all been started. */
export function halve({
  trials,
  rungs,
  factor,
  minimize,
}: {
  trials: readonly Trial[];
  rungs: readonly number[];
  factor: number;
  minimize: boolean;
}): Move | null {
  for (const [index, epoch] of rungs.slice(0, -1).entries()) {
    // A rung is judged when nobody is on the way to it any more.
    if (trials.some((trial) => isRunning(trial) && trial.untilEpoch <= epoch)) return { kind: "wait" };
    const ranked = rankedAt(trials, epoch, minimize);
    const survivors = ranked.slice(0, Math.max(1, Math.floor(ranked.length / factor)));
    const next = survivors.find((trial) => waitsAt(trial, epoch));
    if (next) return { kind: "promote", number: next.number, untilEpoch: rungs[index + 1]! };
  }
  return trials.some(isRunning) ? { kind: "wait" } : null;
}
