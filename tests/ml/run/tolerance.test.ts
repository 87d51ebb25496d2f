import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { compareLeaves, compareNumbers, isWithin, mergeComparisons } from "../../../ml/run/tolerance.ts";

const golden = JSON.parse(readFileSync(new URL("../../golden/run/tolerance.json", import.meta.url), "utf8")) as {
  cases: [expected: number, found: number, isClose: boolean][];
};
const name = (index: number) => `value ${index}`;

test("numbers are within tolerance exactly where numpy.isclose says so with rtol=1e-3, atol=1e-5", () => {
  const ours = golden.cases.map(([expected, found]) => isWithin(compareNumbers([expected], [found], name)));

  expect(ours).toEqual(golden.cases.map(([, , isClose]) => isClose));
});

test("the worst value is the one furthest off by its own tolerance, not the largest difference", () => {
  const found = compareNumbers(Float32Array.of(1000, 1, 5), Float32Array.of(1000.5, 1.002, 5), name);

  expect(found).toMatchObject({ values: 3, differing: 2, worst: { where: "value 1", expected: 1 } });
  expect(found.worst?.difference).toBeCloseTo(0.002, 6);
  expect(found.worst?.share).toBeCloseTo(0.002 / (1e-5 + 1e-3), 3);
});

test.each([
  ["NaN and NaN", Number.NaN, Number.NaN, 0],
  ["NaN and a number", Number.NaN, 1, 1],
  ["infinity and a number", Number.POSITIVE_INFINITY, 1, 1],
  ["zero and minus zero", 0, -0, 0],
])("%s: %s, %s differ in %i places, and what is not finite is never within tolerance", (_, expected, found, differing) => {
  const compared = compareNumbers([expected], [found], name);

  expect(compared.differing).toBe(differing);
  expect(isWithin(compared)).toBe(differing === 0);
});

test("what is no number has to be equal, and what only one side has differs", () => {
  const before = new Map<string, unknown>([
    ["strategy", "group"],
    ["rows", 10],
    ["gone", true],
  ]);
  const after = new Map<string, unknown>([
    ["strategy", "stratified"],
    ["rows", 10.001],
  ]);

  const compared = compareLeaves(before, after);

  expect([compared.values, compared.differing, isWithin(compared)]).toEqual([3, 3, false]);
  expect(compared.worst).toEqual({ where: "strategy", expected: "group", found: "stratified", difference: null, share: null });
  expect(
    isWithin(mergeComparisons([compareLeaves(new Map([["a", 1]]), new Map([["a", 1.0001]])), compareNumbers([2], [2], name)])),
  ).toBe(true);
});
