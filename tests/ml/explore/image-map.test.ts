import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { coarseGray, ImageMapper } from "../../../ml/explore/image-map.ts";
import { principalComponents } from "../../../ml/explore/principal-components.ts";
import { randomStream } from "../../../ml/random.ts";
import { takeSteps } from "../../support/take-steps.ts";

const { components } = JSON.parse(readFileSync(new URL("../../golden/explore/goldens.json", import.meta.url), "utf8")) as {
  components: { table: number[][]; scores: [number, number][]; explained: [number, number] };
};

test("finds the first two principal components as scikit-learn does", () => {
  const rows = components.table.map((row) => Float64Array.from(row));

  const { scores, explained } = takeSteps(principalComponents(rows, randomStream(1, "test")))!;

  for (const [i, expected] of components.scores.entries()) {
    expect(scores[i]![0]).toBeCloseTo(expected[0], 6);
    expect(scores[i]![1]).toBeCloseTo(expected[1], 6);
  }
  expect(explained[0]).toBeCloseTo(components.explained[0], 9);
  expect(explained[1]).toBeCloseTo(components.explained[1], 9);
});

test.each([
  ["too few rows", [Float64Array.of(1, 2)]],
  ["rows that are all alike", [Float64Array.of(1, 2), Float64Array.of(1, 2), Float64Array.of(1, 2)]],
  ["one column", [Float64Array.of(1), Float64Array.of(2), Float64Array.of(3)]],
])("has nothing to show of %s", (_, rows) => {
  expect(takeSteps(principalComponents(rows, randomStream(1, "test")))).toBeNull();
});

test("coarsens an image by means over a grid", () => {
  const image = Uint8Array.from({ length: 32 * 32 }, (_, i) => (i % 32 < 2 ? 255 : 0));

  const gray = coarseGray(image, { height: 32, width: 32, channels: 1 }, 255);

  expect(gray).toHaveLength(256);
  expect([...gray.subarray(0, 3)]).toEqual([1, 0, 0]);
  expect([...coarseGray(Uint8Array.of(0, 51, 102, 255), { height: 1, width: 2, channels: 2 }, 255)]).toEqual([0.1, 0.7]);
});

test("maps at most 600 labeled images, the same whatever the order they come in", () => {
  const random = randomStream(2, "test");
  const images = Array.from({ length: 700 }, () => Uint8Array.from({ length: 9 }, () => random() * 256));
  const samples = { id: images.map((_, row) => `s${row}`), label: Int32Array.from(images, (_, row) => (row < 10 ? -1 : 0)) };
  const mapOf = (order: readonly number[]) => {
    const mapper = new ImageMapper({ height: 3, width: 3, channels: 1 }, 255, samples, 4);
    for (const row of order) mapper.add(images[row]!, row);
    return takeSteps(mapper.finish())!;
  };

  const map = mapOf([...images.keys()]);

  expect(map.points).toHaveLength(600);
  expect(map.points.every(({ row }) => row >= 10)).toBe(true);
  expect(mapOf([...images.keys()].toReversed())).toEqual(map);
});
