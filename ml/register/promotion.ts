import type { Random } from "../random.ts";
import type { PairedAnswers } from "./paired-difference.ts";
import { pairedDifference } from "./paired-difference.ts";
import type { Comparison, RegisterParameters } from "./schema.ts";
import { judgeSlices } from "./slice-verdicts.ts";

export interface PromotionDecision {
  promote: boolean;
  /** One sentence with the numbers it rests on. */
  reason: string;
  /** Null where nothing was compared. */
  comparison: Comparison | null;
}

export interface PromotionTask {
  answers: PairedAnswers;
  /** The user's columns of the test rows whose values are slices. */
  columns: Readonly<Record<string, readonly (string | number | null)[]>>;
  policy: Pick<RegisterParameters, "gate" | "margin">;
  /** Versions that this test set has judged, the challenger among them. */
  attempts: number;
  random: Random;
}

/** A test set that chose among more is itself being learned. */
const attemptsBeforeWarning = 5;

/**
 * Whether a challenger may take the champion's place: `superior` asks the lower bound of the difference in accuracy to be above 0,
 * `nonInferior` above −margin; and in no slice may it be worse.
 */
export function decidePromotion({ answers, columns, policy, attempts, random }: PromotionTask): PromotionDecision {
  const { gate, margin } = policy;
  if (gate === "none") return { promote: true, reason: "no gate", comparison: null };
  const { draws: _draws, ...difference } = pairedDifference(answers, random);
  const slices = judgeSlices(answers, columns, { margin, random });
  const warnings = attempts > attemptsBeforeWarning ? [attemptsWarning(attempts)] : [];
  const bound = gate === "superior" ? 0 : -margin;
  const isAbove = difference.low > bound;
  const worse = slices.filter(({ verdict }) => verdict === "worse").map(({ column, value }) => `${column} ${value}`);
  const reason = [
    `${gate}: accuracy differs by ${signed(difference.value)} (95 % interval ${signed(difference.low)} to ${signed(difference.high)}), ` +
      `its lower bound is ${isAbove ? "above" : "not above"} ${bound}`,
    ...(worse.length > 0 ? [`it is worse where ${worse.join(", ")}`] : []),
    ...warnings,
  ].join("; ");
  return { promote: isAbove && worse.length === 0, reason, comparison: { gate, margin, attempts, difference, slices, warnings } };
}

function attemptsWarning(attempts: number): string {
  return `warning: this test set has judged ${attempts} versions; the best of many is partly luck, so measure the chosen one on new data`;
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;
}
