import type { Predictions } from "./evaluate.ts";
import { evaluatePredictions } from "./evaluate.ts";
import type { CrossValidation, Evaluation } from "./schema.ts";
import { crossValidated } from "./schema.ts";

/** What one fold's model answered, in the order of its rows. */
export interface FoldAnswers {
  evaluation: Evaluation;
  /** Row numbers in the data set; shape [rows]. */
  rows: Int32Array;
  truths: Int32Array;
  /** Shape [rows, classes], row-major. */
  probabilities: Float32Array;
}

/**
 * Cross-validation: each metric by fold, its mean and its sample standard deviation (n - 1), and the metrics of all out-of-fold answers
 * together. A metric that a fold lacks is left out of its mean. The pooled loss is the mean over rows; a chosen threshold differs by fold,
 * so that pooled answers of two classes use 0.5 unless a number was given.
 */
export function poolFolds(
  folds: readonly FoldAnswers[],
  common: Pick<Predictions, "classes" | "seed" | "parameters"> & { groupOf: (row: number) => string },
): CrossValidation {
  const rows = Int32Array.from(folds.flatMap((fold) => [...fold.rows]));
  const { threshold } = common.parameters;
  const pooled = evaluatePredictions({
    classes: common.classes,
    seed: common.seed,
    parameters: { ...common.parameters, worstMistakes: 0 },
    rows,
    truths: Int32Array.from(folds.flatMap((fold) => [...fold.truths])),
    probabilities: Float32Array.from(folds.flatMap((fold) => [...fold.probabilities])),
    groups: Array.from(rows, common.groupOf),
    loss: folds.reduce((sum, { evaluation }) => sum + evaluation.loss * evaluation.rowCount, 0) / rows.length,
    ...(typeof threshold === "number" ? { threshold } : {}),
  });
  const names = [...crossValidated];
  return {
    folds: folds.map(({ evaluation }) => ({
      rows: evaluation.rowCount,
      ...(Object.fromEntries(names.map((name) => [name, evaluation[name]])) as Record<(typeof names)[number], number | null>),
    })),
    metrics: names.map((name) => ({
      name,
      ...meanAndDeviation(folds.flatMap(({ evaluation }) => evaluation[name] ?? [])),
      pooled: pooled[name],
      interval: pooled.intervals[name] ?? null,
    })),
  };
}

function meanAndDeviation(values: readonly number[]): { mean: number | null; sd: number | null } {
  if (values.length === 0) return { mean: null, sd: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return { mean, sd: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (values.length - 1)) };
}
