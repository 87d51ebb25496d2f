import { expect, test } from "vitest";

import { emptyStatistics } from "../../../ml/check/image-statistics.ts";
import type { DatedData } from "../../../ml/retrain/measure-drift.ts";
import { measureDrift } from "../../../ml/retrain/measure-drift.ts";

function data(information: number[], label: number[], classes = ["cat", "dog"]): DatedData {
  const images = emptyStatistics(label.length);
  images.information.set(information);
  return { classes, label: Int32Array.from(label), images };
}
const half = [0, 1, 0, 1, 0, 1, 0, 1];
const flat = half.map(() => 1);

test("data that is the same has not drifted, in whatever order, and missing labels count for nothing", () => {
  expect(measureDrift(data(flat, half), data(flat, half.toReversed()))).toBe(0);
  expect(measureDrift(data(flat, half), data(flat, [0, 1, 0, 1, 0, 1, -1, -1]))).toBe(0);
});

test("the largest distance of an image property is the drift: 6 of 8 images beyond all earlier ones are 0.75", () => {
  expect(measureDrift(data(flat, half), data([1, 1, 2, 2, 2, 2, 2, 2], half))).toBe(0.75);
});

test("labels that tell the time have drifted as far as can be, also by a class that is new; classes are known by name", () => {
  expect(
    measureDrift(
      data(
        flat,
        flat.map(() => 0),
      ),
      data(
        flat,
        flat.map(() => 1),
      ),
    ),
  ).toBeCloseTo(1, 12);
  expect(
    measureDrift(
      data(
        flat,
        flat.map(() => 0),
      ),
      data(
        flat,
        flat.map(() => 0),
        ["horse"],
      ),
    ),
  ).toBeCloseTo(1, 12);
  expect(
    measureDrift(
      data(flat, half),
      data(
        flat,
        half.map((code) => 1 - code),
        ["dog", "cat"],
      ),
    ),
  ).toBe(0);
});
