import { rankByScore } from "../evaluate/ranking.ts";
import { rocAuc } from "../evaluate/roc-auc.ts";
import { fitLogisticRegression, logOdds } from "../stats/logistic-regression.ts";

const folds = 5;

/**
 * How well a linear classifier tells rows of one side from those of the other, out of five folds.
 *
 * @param features shape [rows][features]
 * @param sides whether a row is of the other side
 * @param units rows of one unit (a patient, copies of a picture) share their fold; the i-th unit of a side is in fold i mod 5
 * @returns log-odds of being of the other side, by row, from models that never saw its unit; and the area under their ROC curve, 0.5 by
 *   chance. Null where a side has fewer units than there are folds
 */
export function separateSides(
  features: readonly Float64Array[],
  sides: readonly boolean[],
  units: readonly string[],
): { scores: number[]; auc: number } | null {
  const foldOf = new Map<string, number>();
  const seen = { true: 0, false: 0 };
  for (const [row, unit] of units.entries()) {
    if (!foldOf.has(unit)) foldOf.set(unit, seen[`${sides[row]!}`]++ % folds);
  }
  if (seen.true < folds || seen.false < folds) return null;
  const scores = sides.map(() => 0);
  for (let fold = 0; fold < folds; fold++) {
    const kept = [...sides.keys()].filter((row) => foldOf.get(units[row]!) !== fold);
    const model = fitLogisticRegression(
      kept.map((row) => features[row]!),
      kept.map((row) => sides[row]!),
    );
    for (const row of sides.keys()) if (foldOf.get(units[row]!) === fold) scores[row] = logOdds(model, features[row]!);
  }
  // The other side as class 0, the only one that has a score.
  const truths = Int32Array.from(sides, (isOther) => (isOther ? 0 : 1));
  const auc = rocAuc(rankByScore(Float32Array.from(scores), truths, 1, 0));
  return auc === null ? null : { scores, auc };
}
