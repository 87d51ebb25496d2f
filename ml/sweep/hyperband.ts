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

/** Trials of one round: of all its brackets together. */
export function hyperbandRound(brackets: readonly Bracket[]): number {
  return brackets.reduce((sum, { trials }) => sum + trials, 0);
}

/**
 * Hyperband: halving in brackets that begin with many trials and few epochs up to few trials and all epochs; where more trials are asked for
 * than a round has, the next round begins. While one bracket waits, the next begins. A round's trials of a bracket are the next ones that it lacks,
 * by number.
 */
export function hyperband({ trials, prune, maxEpochs, mayStart, minimize }: RungQuestion): Move | null {
  const brackets = hyperbandBrackets(prune, maxEpochs);
  let waits = false;
  for (let round = 0, isBegun = true; isBegun; round++) {
    isBegun = false;
    for (const { bracket, trials: size, rungs } of brackets) {
      const own = trials.filter((trial) => trial.bracket === bracket).slice(round * size, (round + 1) * size);
      if (own.length < size && mayStart) return { kind: "start", untilEpoch: rungs[0]!, bracket };
      if (own.length > 0) isBegun = true;
      const move = halve({ trials: own, rungs, factor: prune.factor, minimize });
      if (move?.kind === "wait") waits = true;
      else if (move) return move;
    }
  }
  return waits ? { kind: "wait" } : null;
}
