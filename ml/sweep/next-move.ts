import { asha } from "./asha.ts";
import { hyperband } from "./hyperband.ts";
import { medianStopping } from "./median-stopping.ts";
import type { Move, RungQuestion } from "./rungs.ts";
import { isRunning } from "./rungs.ts";
import { successiveHalving } from "./successive-halving.ts";

/**
 * What a free trainer does next: a pure function of the trials.
 * @returns null where nothing is left to do
 */
export function nextMove(question: RungQuestion): Move | null {
  switch (question.prune.name) {
    case "none":
      return wholeTrainings(question);
    case "asha":
      return asha(question);
    case "successiveHalving":
      return successiveHalving(question);
    case "hyperband":
      return hyperband(question);
    case "median":
      return medianStopping(question);
  }
}

function wholeTrainings({ trials, maxEpochs, mayStart }: RungQuestion): Move | null {
  if (mayStart) return { kind: "start", untilEpoch: maxEpochs };
  return trials.some(isRunning) ? { kind: "wait" } : null;
}
