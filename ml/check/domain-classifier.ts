import { midranks } from "../stats/correlation.ts";
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
  return { scores, auc: areaUnderCurve(scores, sides) };
}

/** The chance that a row of the other side scores above one of the first, ties counted half. */
function areaUnderCurve(scores: readonly number[], sides: readonly boolean[]): number {
  const ranks = midranks(scores);
  const positives = sides.filter(Boolean).length;
  const rankSum = ranks.reduce((sum, rank, row) => (sides[row] === true ? sum + rank : sum), 0);
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (sides.length - positives));
}
