import { drawnUnits, drawUnits, unitCount } from "../evaluate/bootstrap.ts";
import type { Random } from "../random.ts";

/** Answers of two models to the same test rows, in the same order. */
export interface PairedAnswers {
  /** Class code of the truth, by row. */
  truth: Int32Array;
  challenger: Int32Array;
  champion: Int32Array;
  classCount: number;
  /** What is drawn as one (a patient, a lesion); "" stands for a row by itself. Null: each row is. */
  groups: readonly string[] | null;
}

export interface PairedDifference {
  /** Accuracy of the challenger minus that of the champion. */
  value: number;
  /** Its 95 % interval. */
  low: number;
  high: number;
  /** Of all draws, ascending. */
  draws: Float64Array;
}

const drawCount = 2000;

/**
 * Mean difference in correctness and its 95 % percentile interval by a paired bootstrap: groups are drawn with replacement within each class,
 * both models answer the same draw.
 *
 * @see Efron & Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13 (percentile intervals)
 */
export function pairedDifference(answers: PairedAnswers, random: Random): PairedDifference {
  const { truth, challenger, champion, classCount, groups } = answers;
  const { unitOfRow, strata } = drawnUnits(truth, classCount, groups);
  const weights = new Int32Array(unitCount(strata));
  const [gains, rows] = [new Float64Array(weights.length), new Float64Array(weights.length)];
  let total = 0;
  for (let row = 0; row < truth.length; row++) {
    const gain = Number(challenger[row] === truth[row]) - Number(champion[row] === truth[row]);
    gains[unitOfRow[row]!]! += gain;
    rows[unitOfRow[row]!]! += 1;
    total += gain;
  }
  const draws = new Float64Array(drawCount);
  for (let draw = 0; draw < drawCount; draw++) {
    drawUnits(strata, weights, random);
    let [gained, drawn] = [0, 0];
    for (let unit = 0; unit < weights.length; unit++) {
      gained += weights[unit]! * gains[unit]!;
      drawn += weights[unit]! * rows[unit]!;
    }
    draws[draw] = gained / drawn;
  }
  draws.sort();
  return {
    value: total / truth.length,
    low: draws[Math.floor(0.025 * drawCount)]!,
    high: draws[Math.ceil(0.975 * drawCount) - 1]!,
    draws,
  };
}

/** Groups of each class, by code; a row without a group is its own. */
export function groupCounts({ truth, classCount, groups }: Pick<PairedAnswers, "truth" | "classCount" | "groups">): number[] {
  return drawnUnits(truth, classCount, groups).strata.map((units) => units.length);
}
