import type { Move, RungQuestion } from "./rungs.ts";
import { halve } from "./successive-halving.ts";
import type { PruneParameters } from "./schema.ts";

export interface Bracket {
  /** s of the paper: halvings of this bracket. */
  bracket: number;
  /** Trials it begins with. */
  trials: number;
  /** Epochs of its rungs, the last the whole training. */
  rungs: number[];
}

/**
 * The brackets of one round of Hyperband, the most daring first: s = s_max … 0 with s_max = ⌊log_η(R / r)⌋, each with
 * ⌈(s_max + 1) / (s + 1) · η^s⌉ trials that begin with R · η^-s epochs.
 * @see Li et al. 2018, "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization", algorithm 1
 */
export function hyperbandBrackets(
  { minEpochs, factor }: Pick<PruneParameters, "minEpochs" | "factor">,
  maxEpochs: number,
): Bracket[] {
  let last = 0;
  while (minEpochs * factor ** (last + 1) <= maxEpochs) last++;
  return Array.from({ length: last + 1 }, (_, index) => {
    const bracket = last - index;
    return {
      bracket,
      trials: Math.ceil(((last + 1) / (bracket + 1)) * factor ** bracket),
      rungs: Array.from({ length: bracket + 1 }, (_rung, rung) => Math.ceil(maxEpochs / factor ** (bracket - rung))),
    };
  });
}

/** Hyperband: halving in brackets that begin with many trials and few epochs up to few trials and all epochs. While one waits, the next begins. */
export function hyperband({ trials, prune, maxEpochs, mayStart, minimize }: RungQuestion): Move | null {
  let waits = false;
  for (const { bracket, trials: size, rungs } of hyperbandBrackets(prune, maxEpochs)) {
    const own = trials.filter((trial) => trial.bracket === bracket);
    if (own.length < size && mayStart) return { kind: "start", untilEpoch: rungs[0]!, bracket };
    const move = halve({ trials: own, rungs, factor: prune.factor, minimize });
    if (move?.kind === "wait") waits = true;
    else if (move) return move;
  }
  return waits ? { kind: "wait" } : null;
}
