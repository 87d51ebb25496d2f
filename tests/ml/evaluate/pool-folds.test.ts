import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { evaluatePredictions } from "../../../ml/evaluate/evaluate.ts";
import { poolFolds } from "../../../ml/evaluate/pool-folds.ts";
import { evaluateParametersSchema } from "../../../ml/evaluate/schema.ts";

interface Golden {
  classes: string[];
  folds: { rows: number[]; truths: number[]; probabilities: number[] }[];
  /** By scikit-learn and numpy, of each fold and of all rows together. */
  expected: Record<
    "accuracy" | "balancedAccuracy" | "macroF1" | "auc",
    { byFold: number[]; mean: number; sd: number; pooled: number }
  >;
}

// Made by tests/golden/evaluate/make-fold-goldens.py.
const golden = JSON.parse(readFileSync(new URL("../../golden/evaluate/folds.json", import.meta.url), "utf8")) as Golden;
const parameters = evaluateParametersSchema.parse({ bootstrapDraws: 200 });

function pooled(groupOf: (row: number) => string = () => "") {
  const folds = golden.folds.map(({ rows, truths, probabilities }) => {
    const answers = {
      rows: Int32Array.from(rows),
      truths: Int32Array.from(truths),
      probabilities: Float32Array.from(probabilities),
    };
    const evaluation = evaluatePredictions({ ...answers, classes: golden.classes, seed: 1, parameters, loss: 0.5 + rows.length });
    return { ...answers, evaluation };
  });
  return { folds, result: poolFolds(folds, { classes: golden.classes, seed: 1, parameters, groupOf }) };
}

test.each(["accuracy", "balancedAccuracy", "macroF1", "auc"] as const)(
  "%s by fold, mean ± sd and pooled are scikit-learn's",
  (name) => {
    const { result } = pooled();
    const expected = golden.expected[name];
    const found = result.metrics.find((metric) => metric.name === name);

    expect(found?.mean).toBeCloseTo(expected.mean, 10);
    expect(found?.sd).toBeCloseTo(expected.sd, 10);
    expect(found?.pooled).toBeCloseTo(expected.pooled, 10);
    for (const [i, value] of expected.byFold.entries()) expect(result.folds[i]?.[name]).toBeCloseTo(value, 10);
  },
);

test("the pooled loss is the mean over rows, not over folds", () => {
  const { folds, result } = pooled();
  const rows = folds.reduce((sum, fold) => sum + fold.rows.length, 0);

  const loss = folds.reduce((sum, { rows: { length }, evaluation }) => sum + (length * evaluation.loss) / rows, 0);

  expect(result.metrics.find(({ name }) => name === "loss")?.pooled).toBeCloseTo(loss, 10);
});

test("the pooled interval draws groups, where there are some", () => {
  const interval = (groupOf?: (row: number) => string) =>
    pooled(groupOf).result.metrics.find(({ name }) => name === "accuracy")?.interval;

  expect(interval((row) => `patient ${row % 7}`)).not.toEqual(interval());
});
