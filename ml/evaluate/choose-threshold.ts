import { InvalidConfiguration } from "../errors.ts";
import { rankByScore } from "./ranking.ts";
import type { EvaluateParameters } from "./schema.ts";

/** Numbers stand for themselves; the other two are read off a part's ROC curve. */
export type ThresholdRule = EvaluateParameters["threshold"];

/**
 * The threshold of a two-class model by its predictions of the validation part; 0.5 where there are more classes.
 * @param validation probabilities, shape [rows, classes], and class codes, shape [rows]
 * @throws {InvalidConfiguration} where it is to be chosen and the validation part is missing, or lacks a class
 */
export function thresholdOn(
  rule: ThresholdRule,
  classCount: number,
  validation: { probabilities: Float32Array; truths: Int32Array } | null,
): number {
  if (typeof rule === "number") return rule;
  if (classCount !== 2) return 0.5;
  if (validation === null) {
    throw new InvalidConfiguration(
      `evaluate.threshold ${JSON.stringify(rule)} is found on the validation part, and there is none: give split.validation a share, or leave threshold out`,
    );
  }
  const { probabilities, truths } = validation;
  return chooseThreshold(
    rule,
    Float32Array.from(truths, (_, row) => probabilities[row * 2 + 1]!),
    truths,
  );
}

/**
 * The probability from which on the positive class is predicted. Choose on validation, never on test.
 *
 * - `youden`: where sensitivity + specificity is largest; the higher threshold among equals.
 * - `{ sensitivity }`: the highest threshold that reaches that share of the positives.
 *
 * @param positiveScores probability of the positive class; shape [rows]
 * @param truths 0 or 1; shape [rows]
 * @throws {InvalidConfiguration} where the part lacks one of the two classes
 * @see Youden 1950, "Index for rating diagnostic tests"
 */
export function chooseThreshold(rule: ThresholdRule, positiveScores: Float32Array, truths: Int32Array): number {
  if (typeof rule === "number") return rule;
  const { order, positive, tieEnd, positiveRanks } = rankByScore(
    positiveScores,
    truths.map((truth) => 1 - truth),
    1,
    0,
  );
  const positiveCount = positiveRanks.length;
  const negativeCount = order.length - positiveCount;
  if (positiveCount === 0 || negativeCount === 0) {
    throw new InvalidConfiguration(
      `evaluate.threshold ${JSON.stringify(rule)} is found on validation images of both classes; all ${truths.length} of the part are of one: ` +
        "give split.validation a larger share, or leave threshold out",
    );
  }
  let [hits, best, chosen] = [0, -1, 0.5];
  for (let rank = 0; rank < order.length; rank++) {
    hits += positive[rank]!;
    if (tieEnd[rank] === 0) continue;
    const sensitivity = hits / positiveCount;
    const score = positiveScores[order[rank]!]!;
    if (rule !== "youden") {
      if (sensitivity >= rule.sensitivity) return score;
      continue;
    }
    const youden = sensitivity - (rank + 1 - hits) / negativeCount;
    if (youden > best) [best, chosen] = [youden, score];
  }
  return chosen;
}
