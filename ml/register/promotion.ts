import type { Random } from "../random.ts";
import type { RegisterParameters } from "./schema.ts";

/** Answers of two models to the same test rows, in the same order. */
export interface PairedAnswers {
  /** Class code of the truth, by row. */
  truth: Int32Array;
  challenger: Int32Array;
  champion: Int32Array;
}

export interface PromotionDecision {
  promote: boolean;
  /** One sentence with the numbers it rests on. */
  reason: string;
  /** Accuracy of the challenger minus that of the champion, and its 95 % interval; null where nothing was compared. */
  difference: { value: number; low: number; high: number } | null;
}

const draws = 2000;

/**
 * Whether a challenger may take the champion's place: `superior` asks the lower bound of the difference in accuracy to be above 0,
 * `nonInferior` above −margin. Paired bootstrap: rows are drawn with replacement within each class, both models answer the same draw.
 *
 * @see Efron & Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13 (percentile intervals)
 */
export function decidePromotion(
  answers: PairedAnswers,
  { gate, margin }: Pick<RegisterParameters, "gate" | "margin">,
  random: Random,
): PromotionDecision {
  if (gate === "none") return { promote: true, reason: "no gate", difference: null };
  const difference = pairedDifference(answers, random);
  const bound = gate === "superior" ? 0 : -margin;
  const promote = difference.low > bound;
  const reason =
    `${gate}: accuracy differs by ${signed(difference.value)} (95 % interval ${signed(difference.low)} to ${signed(difference.high)}), ` +
    `its lower bound is ${promote ? "above" : "not above"} ${bound}`;
  return { promote, reason, difference };
}

/** Mean difference in correctness and its 95 % percentile interval. */
export function pairedDifference(
  { truth, challenger, champion }: PairedAnswers,
  random: Random,
): { value: number; low: number; high: number } {
  const gains = truth.map((label, row) => Number(challenger[row] === label) - Number(champion[row] === label));
  const classes = gainsByClass(truth, gains);
  const means = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0;
    for (const members of classes) {
      for (let i = 0; i < members.length; i++) sum += members[Math.floor(random() * members.length)]!;
    }
    means[draw] = sum / truth.length;
  }
  means.sort();
  const value = gains.reduce((sum, gain) => sum + gain, 0) / truth.length;
  return { value, low: means[Math.floor(0.025 * draws)]!, high: means[Math.ceil(0.975 * draws) - 1]! };
}

function gainsByClass(truth: Int32Array, gains: Int32Array): Int8Array[] {
  const byClass = new Map<number, number[]>();
  for (let row = 0; row < truth.length; row++) {
    const members = byClass.get(truth[row]!);
    if (members) members.push(gains[row]!);
    else byClass.set(truth[row]!, [gains[row]!]);
  }
  return [...byClass.values()].map((members) => Int8Array.from(members));
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;
}
