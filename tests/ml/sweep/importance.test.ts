import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { importances } from "../../../ml/sweep/importance.ts";
import type { Point } from "../../../ml/sweep/schema.ts";
import { spaceSchema } from "../../../ml/sweep/schema.ts";

const { fanova } = JSON.parse(readFileSync("tests/golden/sweep/goldens.json", "utf8")) as {
  fanova: { trials: { parameters: Point; value: number }[]; importance: Record<string, number> };
};
const space = spaceSchema.parse({
  a: { float: [0, 1] },
  b: { int: [1, 5] },
  c: { float: [1e-4, 1], log: true },
  kind: ["x", "y", "z"],
});

test("agrees with Optuna's fANOVA, whose forests differ among themselves by 0.006", () => {
  const found = importances(
    space,
    fanova.trials.map(({ parameters, value }) => ({ point: parameters, value })),
  );

  // `get_param_importances` makes the sum 1, too.
  const total = Object.values(fanova.importance).reduce((sum, importance) => sum + importance, 0);
  for (const { key, importance } of found) expect(Math.abs(importance - fanova.importance[key]! / total), key).toBeLessThan(0.03);
  expect(found.map(({ key }) => key).slice(0, 2)).toEqual(["a", "kind"]);
  expect(found.reduce((sum, { importance }) => sum + importance, 0)).toBeCloseTo(1, 12);
});

test("leaves out keys that some trial lacks, and says nothing of trials that all have one value", () => {
  const points = [{ a: 0.1, b: 1 }, { a: 0.6 }, { a: 0.9, b: 3 }];

  expect(
    importances(
      space,
      points.map((point) => ({ point, value: point.a })),
    ).map(({ key }) => key),
  ).toEqual(["a"]);
  expect(
    importances(
      space,
      points.map((point) => ({ point, value: 1 })),
    ),
  ).toEqual([]);
});
