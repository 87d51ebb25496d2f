import { describe, expect, test } from "vitest";

import { randomStream } from "../../../ml/random.ts";
import type { PairedAnswers } from "../../../ml/register/paired-difference.ts";
import { pairedDifference } from "../../../ml/register/paired-difference.ts";
import { decidePromotion } from "../../../ml/register/promotion.ts";
import { trainingOverlap } from "../../../ml/register/training-overlap.ts";
import { holmAdjusted } from "../../../ml/stats/holm.ts";

const truth = Int32Array.from({ length: 400 }, (_, i) => i % 2);
const wrongAt = (rows: (row: number) => boolean) => truth.map((label, row) => (rows(row) ? 1 - label : label));
const random = () => randomStream(1, "test");
const answers = (challenger: Int32Array, champion: Int32Array): PairedAnswers => ({
  truth,
  challenger,
  champion,
  classCount: 2,
  groups: null,
});
const decide = (
  pair: PairedAnswers,
  gate: "superior" | "nonInferior",
  more: { columns?: Record<string, string[]>; attempts?: number } = {},
) => decidePromotion({ answers: pair, columns: {}, attempts: 1, ...more, policy: { gate, margin: 0.02 }, random: random() });

describe("the promotion gate", () => {
  test("promotes an equal model under nonInferior, and not under superior", () => {
    const equal = answers(
      wrongAt((row) => row < 20),
      wrongAt((row) => row < 20),
    );

    expect(decide(equal, "nonInferior").promote).toBe(true);
    expect(decide(equal, "superior").promote).toBe(false);
  });

  test("promotes a clearly better model under superior", () => {
    const decision = decide(
      answers(
        truth,
        wrongAt((row) => row < 100),
      ),
      "superior",
    );

    expect(decision.promote).toBe(true);
    expect(decision.comparison?.difference.value).toBeCloseTo(0.25);
  });

  test("refuses a clearly worse model, with the numbers in its reason", () => {
    const { promote, reason } = decide(
      answers(
        wrongAt((row) => row < 100),
        truth,
      ),
      "nonInferior",
    );

    expect(promote).toBe(false);
    expect(reason).toMatch(/differs by −0\.2500 \(95 % interval −0\.2\d+ to −0\.2\d+\), its lower bound is not above -0\.02/);
  });

  test("warns once a test set has judged more than five versions", () => {
    const better = answers(
      truth,
      wrongAt((row) => row < 100),
    );

    expect(decide(better, "superior", { attempts: 5 }).comparison?.warnings).toEqual([]);
    expect(decide(better, "superior", { attempts: 6 }).reason).toContain("this test set has judged 6 versions");
  });

  test("refuses a model that is better on the whole and worse in one slice, naming it", () => {
    // Scanner b, the last hundred rows: the challenger fails at half of them; elsewhere it mends all the champion's mistakes.
    const pair = answers(
      wrongAt((row) => row >= 300 && row % 4 < 2),
      wrongAt((row) => row < 250),
    );
    const scanner = Array.from(truth, (_, row) => (row >= 300 ? "b" : row >= 290 ? "c" : "a"));

    const { promote, reason, comparison } = decide(pair, "nonInferior", { columns: { scanner } });

    expect(promote).toBe(false);
    expect(reason).toContain("it is worse where scanner b");
    expect(comparison?.slices.map(({ value, rows, verdict }) => [value, rows, verdict])).toEqual([
      ["a", 290, "not worse"],
      ["b", 100, "worse"],
      ["c", 10, "too few to judge"],
    ]);
  });

  test("judges no slice in which a class has fewer than ten groups, however many rows there are", () => {
    const site = Array.from(truth, (_, row) => (row < 200 ? "x" : "y"));
    const groups = Array.from(truth, (_, row) => (row < 200 ? `patient ${row % 2} ${row % 6}` : ""));

    const { comparison } = decide({ ...answers(truth, truth), groups }, "nonInferior", { columns: { site } });

    expect(comparison?.slices.map(({ value, groups: count, verdict }) => [value, count, verdict])).toEqual([
      ["x", 6, "too few to judge"],
      ["y", 200, "not worse"],
    ]);
  });
});

describe("the paired bootstrap", () => {
  test("gives an interval as wide as the normal approximation says", () => {
    const { low, high } = pairedDifference(
      answers(
        wrongAt((row) => row % 10 === 0),
        wrongAt((row) => row % 10 === 5),
      ),
      random(),
    );

    // gains are −1 at a tenth, +1 at a tenth of the rows (one class each): variance 0.18 within each class, standard error sqrt(0.16 / 400)
    expect(high - low).toBeGreaterThan(2 * 1.96 * 0.018);
    expect(high - low).toBeLessThan(2 * 1.96 * 0.024);
  });

  test("draws groups: four copies of each image are no more evidence than one", () => {
    const one = answers(
      wrongAt((row) => row % 10 === 0),
      wrongAt((row) => row % 7 === 5),
    );
    const copies = (values: Int32Array) => Int32Array.from({ length: 1600 }, (_, i) => values[i >> 2]!);
    const groups = Array.from({ length: 1600 }, (_, i) => `group ${i >> 2}`);
    const four = {
      truth: copies(one.truth),
      challenger: copies(one.challenger),
      champion: copies(one.champion),
      classCount: 2,
      groups,
    };

    const { value, low, high } = pairedDifference(one, random());

    expect(pairedDifference(four, random())).toMatchObject({ value, low, high });
    expect(pairedDifference({ ...four, groups: null }, random()).low).toBeGreaterThan(low);
  });
});

// R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm"); statsmodels' multipletests(…, method="holm") gives the same.
test("Holm's correction is R's", () => {
  const adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.005]);

  for (const [i, expected] of [0.03, 0.06, 0.06, 0.02].entries()) expect(adjusted[i]).toBeCloseTo(expected, 12);
  expect(holmAdjusted([0.5, 0.9])).toEqual([1, 1]);
});

describe("overlap of a test set with a training", () => {
  const tested = {
    samples: { id: ["a", "b", "c"], group: ["p1", "", "p3"], sha256: ["1", "2", "3"] },
    codes: Uint8Array.of(2, 2, 2),
  };
  const trained = (codes: number[]) => ({
    samples: { id: ["x", "b", "z"], group: ["p1", "", ""], sha256: ["9", "2", "3"] },
    codes: Uint8Array.from(codes),
  });
  const overlap = (codes: number[], sameShape = true) =>
    trainingOverlap(tested, Int32Array.of(0, 1, 2), { trained: trained(codes), sameShape });

  test("names groups, and images of other groups, that are in training or validation", () => {
    expect(overlap([0, 1, 0])).toEqual(["p1", "b", "c"]);
    expect(overlap([2, 2, 2])).toEqual([]);
    expect(overlap([3, 3, 1])).toEqual(["c"]);
  });

  test("goes by ids where pixels of the two data sets cannot be equal", () => {
    expect(overlap([2, 0, 0], false)).toEqual(["b"]);
  });
});
