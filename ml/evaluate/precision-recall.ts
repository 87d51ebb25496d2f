import type { ClassScore } from "./schema.ts";

/** The measures of one class that follow from counts alone. */
export type CountScore = Pick<
  ClassScore,
  "support" | "predicted" | "precision" | "recall" | "f1" | "error" | "specificity" | "negativePredictiveValue"
>;

/**
 * One-versus-rest scores of each class from a confusion matrix.
 *
 * A class without samples has null recall, F1 and error; one that is never predicted has null precision, but F1 0 where it has samples
 * (2 TP / (2 TP + FP + FN), as scikit-learn counts it).
 *
 * @param confusion `confusion[truth][predicted]`
 */
export function countScores(confusion: readonly (readonly number[])[]): CountScore[] {
  const support = confusion.map(sum);
  const predicted = confusion.map((_, column) => sum(confusion.map((row) => row[column]!)));
  const total = sum(support);
  return confusion.map((row, code) => {
    const hits = row[code]!;
    const [positives, claimed] = [support[code]!, predicted[code]!];
    const rejected = total - positives - claimed + hits;
    const recall = ratio(hits, positives);
    return {
      support: positives,
      predicted: claimed,
      precision: ratio(hits, claimed),
      recall,
      f1: positives === 0 ? null : (2 * hits) / (positives + claimed),
      error: recall === null ? null : 1 - recall,
      specificity: ratio(rejected, total - positives),
      negativePredictiveValue: ratio(rejected, total - claimed),
    };
  });
}

/** Mean of the values that are there; null where none is. */
export function meanPresent(values: readonly (number | null)[]): number | null {
  const present = values.filter((value) => value !== null);
  return present.length === 0 ? null : sum(present) / present.length;
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
