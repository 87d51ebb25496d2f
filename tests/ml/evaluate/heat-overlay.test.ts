import { expect, test } from "vitest";

import { heatOverlay } from "../../../ml/evaluate/heat-overlay.ts";

const flat = (value: number, pixels: number) => Uint8Array.from({ length: pixels }, () => value);

test("leaves a gray image where the map is 0, and turns it yellow where it is 1", () => {
  const map = { height: 1, width: 2, values: Float32Array.of(0, 1) };

  const overlay = heatOverlay(flat(100, 2), { height: 1, width: 2, channels: 1 }, 255, map);

  expect([...overlay]).toEqual([100, 100, 100, 193, 193, 40]);
});

test("takes the mean of colors, and the full scale of deep images", () => {
  const map = { height: 1, width: 1, values: Float32Array.of(0) };

  const color = heatOverlay(Uint8Array.of(0, 90, 180), { height: 1, width: 1, channels: 3 }, 255, map);
  const deep = heatOverlay(Uint16Array.of(500), { height: 1, width: 1, channels: 1 }, 1000, map);

  expect([...color]).toEqual([90, 90, 90]);
  expect([...deep]).toEqual([128, 128, 128]);
});

test("a map is enlarged between pixel centers: symmetric, constant beyond the outermost", () => {
  const map = { height: 1, width: 2, values: Float32Array.of(0, 0.5) };

  const overlay = heatOverlay(flat(0, 8), { height: 1, width: 8, channels: 1 }, 255, map);

  const red = Array.from({ length: 8 }, (_, x) => overlay[x * 3]!);
  expect(red.slice(0, 2)).toEqual([0, 0]);
  expect(red[6]).toBe(red[7]);
  expect(red[7]).toBe(153);
  expect(red).toEqual(red.toSorted((a, b) => a - b));
});
