import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { contingencyTable, cramersV, etaSquared } from "../../../ml/stats/association.ts";
import { midranks, pearson, spearman } from "../../../ml/stats/correlation.ts";
import { describe } from "../../../ml/stats/describe.ts";
import { entropyBits } from "../../../ml/stats/entropy.ts";
import { binCounts, equalEdges, histogramOf } from "../../../ml/stats/histogram.ts";
import { jensenShannon } from "../../../ml/stats/jensen-shannon.ts";
import { kolmogorovSmirnov } from "../../../ml/stats/kolmogorov-smirnov.ts";
import { quantile } from "../../../ml/stats/quantile.ts";

const { x, y, word, other, expected } = JSON.parse(
  readFileSync(new URL("../../golden/stats/goldens.json", import.meta.url), "utf8"),
) as {
  x: number[];
  y: number[];
  word: string[];
  other: string[];
  expected: {
    describe: Record<string, number>;
    histogram: { counts: number[]; edges: number[] };
    ranks: number[];
    quantiles: number[];
  } & Record<"pearson" | "spearman" | "cramersV" | "etaSquared" | "kolmogorovSmirnov" | "entropyBits" | "jensenShannon", number>;
};

test("describes a column as pandas does", () => {
  const description = describe(x)!;

  expect([description.count, description.min, description.max]).toEqual([
    expected.describe["count"],
    expected.describe["min"],
    expected.describe["max"],
  ]);
  expect(description.mean).toBeCloseTo(expected.describe["mean"]!, 12);
  expect(description.deviation).toBeCloseTo(expected.describe["std"]!, 12);
  for (const [i, name] of ["25%", "50%", "75%"].entries())
    expect(description.quartiles[i]).toBeCloseTo(expected.describe[name]!, 12);
});

test("describes nothing as null, and leaves out what is not finite", () => {
  expect(describe([Number.NaN])).toBeNull();
  expect(describe([3, Number.NaN])).toMatchObject({ count: 1, mean: 3, deviation: 0, quartiles: [3, 3, 3] });
});

test("bins values as numpy does, the last bin with its upper edge", () => {
  const histogram = histogramOf(x, 12)!;

  expect(histogram.counts).toEqual(expected.histogram.counts);
  for (const [i, edge] of histogram.edges.entries()) expect(edge).toBeCloseTo(expected.histogram.edges[i]!, 12);
  expect(binCounts([0, 0.25, 0.5, 1, 1.1, Number.NaN], equalEdges(0, 1, 2))).toEqual([2, 2]);
  expect(histogramOf([5, 5], 2)).toEqual({ edges: [4.5, 5, 5.5], counts: [0, 2] });
});

test("correlates as pandas does, ties sharing a rank", () => {
  expect(pearson(x, y)).toBeCloseTo(expected.pearson, 12);
  expect(spearman(x, y)).toBeCloseTo(expected.spearman, 12);
  expect(midranks(x)).toEqual(expected.ranks);
});

test("measures association of words, and of words with numbers, as scipy and scikit-learn do", () => {
  expect(cramersV(contingencyTable(word, other).counts)).toBeCloseTo(expected.cramersV, 12);
  expect(etaSquared(x, word)).toBeCloseTo(expected.etaSquared, 12);
});

test("measures the distance of two columns of shares as scipy does", () => {
  const { yValues, counts } = contingencyTable(other, word);
  const sharesIn = (value: string) => counts.map((row) => row[yValues.indexOf(value)]!);

  expect(jensenShannon(sharesIn("a"), sharesIn("b"))).toBeCloseTo(expected.jensenShannon, 12);
  expect(jensenShannon([1, 0], [0, 3])).toBe(1);
  expect(jensenShannon([1, 2], [2, 4])).toBe(0);
  expect(jensenShannon([0, 0], [1, 1])).toBeNull();
});

test("measures the distance of two samples, the spread of counts and quantiles as scipy and numpy do", () => {
  expect(kolmogorovSmirnov(x.slice(0, 50), y.slice(0, 70))).toBeCloseTo(expected.kolmogorovSmirnov, 12);
  expect(entropyBits(["a", "b", "c"].map((value) => word.filter((entry) => entry === value).length))).toBeCloseTo(
    expected.entropyBits,
    12,
  );
  const sorted = x.toSorted((a, b) => a - b);
  for (const [i, share] of [0, 0.025, 0.37, 1].entries()) expect(quantile(sorted, share)).toBeCloseTo(expected.quantiles[i]!, 12);
});

test.each([
  ["pearson of a constant", pearson([1, 1], [1, 2])],
  ["Cramér's V of one value", cramersV([[3, 4]])],
  ["Cramér's V of nothing", cramersV([])],
  ["eta² of a constant", etaSquared([2, 2], ["a", "b"])],
  ["Kolmogorov–Smirnov of an empty sample", kolmogorovSmirnov([], [1])],
])("says null of %s", (_, value) => {
  expect(value).toBeNull();
});

test("finds full association where one column follows from the other, and none where they are independent", () => {
  expect(
    cramersV([
      [50, 0],
      [0, 50],
    ]),
  ).toBeCloseTo(1, 12);
  expect(
    cramersV([
      [25, 25],
      [25, 25],
    ]),
  ).toBe(0);
});
