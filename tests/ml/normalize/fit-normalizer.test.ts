import { readFileSync } from "node:fs";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { InvalidSplit } from "../../../ml/errors.ts";
import { NormalizerFit } from "../../../ml/normalize/fit-normalizer.ts";
import type { NormalizeParameters, Normalizer } from "../../../ml/normalize/schema.ts";

interface Golden {
  name: string;
  dtype: "uint8" | "uint16";
  shape: [number, number, number, number];
  images: number[];
  channel: { mean: number[]; std: number[] };
  pixel: { mean: number[]; std: number[] };
  minMax: { min: number[]; max: number[] };
}

// Made by make-goldens.py beside it, with numpy's float64.
const goldens = JSON.parse(readFileSync(new URL("../../golden/normalize/goldens.json", import.meta.url), "utf8")) as {
  cases: Golden[];
};

function fit(
  method: NormalizeParameters["method"],
  { dtype, shape, images }: Pick<Golden, "dtype" | "shape" | "images">,
): Normalizer {
  const [rows, height, width, channels] = shape;
  const values = dtype === "uint8" ? Uint8Array.from(images) : Uint16Array.from(images);
  const fitted = new NormalizerFit({ method }, { height, width, channels, dtype });
  const rowLength = height * width * channels;
  for (let row = 0; row < rows; row++) fitted.add(values.subarray(row * rowLength, (row + 1) * rowLength));
  return fitted.normalizer();
}

/** The largest relative error of some numbers, absolute below 1. */
function errorOf(received: readonly number[], expected: readonly number[]): number {
  return Math.max(...expected.map((value, i) => Math.abs(received[i]! - value) / Math.max(1, Math.abs(value))));
}

describe.each(goldens.cases)("fitting a normalizer to $name", (golden) => {
  test.each(["channel", "pixel"] as const)("by %s has numpy's mean and standard deviation", (method) => {
    const { offset, scale } = fit(method, golden);

    expect(errorOf(offset, golden[method].mean)).toBeLessThanOrEqual(1e-12);
    const deviations = golden[method].std.map((deviation) => (deviation < 1e-7 ? 1 : deviation));
    expect(
      errorOf(
        scale,
        deviations.map((deviation) => 1 / deviation),
      ),
    ).toBeLessThanOrEqual(1e-12);
  });

  test("by min-max has each channel's least and range", () => {
    const { offset, scale } = fit("min-max", golden);

    expect(offset).toEqual(golden.minMax.min);
    expect(scale).toEqual(golden.minMax.max.map((most, channel) => 1 / (most - golden.minMax.min[channel]!)));
  });
});

describe("a normalizer", () => {
  test("divides by the largest value of the dtype when it rescales, and by nothing without normalization", () => {
    const images = { dtype: "uint8" as const, shape: [1, 1, 1, 1] as Golden["shape"], images: [7] };

    expect(fit("rescale", images)).toEqual({ formatVersion: 1, method: "rescale", offset: [0], scale: [1 / 255], rowCount: 1 });
    expect(fit("samplewise", { ...images, dtype: "uint16" }).scale).toEqual([1 / 65_535]);
    expect(fit("none", images)).toMatchObject({ offset: [0], scale: [1] });
  });

  test("leaves values that never vary undivided", () => {
    expect(fit("channel", { dtype: "uint8", shape: [2, 1, 1, 1], images: [9, 9] })).toMatchObject({ offset: [9], scale: [1] });
    expect(fit("min-max", { dtype: "uint8", shape: [2, 1, 1, 1], images: [9, 9] })).toMatchObject({ offset: [9], scale: [1] });
  });

  test("has the same bits whatever the order of rows", () => {
    const rows = fc.array(fc.uint8Array({ minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(rows, fc.integer(), (images, seed) => {
        const shape: Golden["shape"] = [images.length, 1, 2, 3];
        const shuffled = images.map((image, i) => ({ image, at: Math.sin(seed + i) })).toSorted((a, b) => a.at - b.at);

        expect(fit("channel", { dtype: "uint8", shape, images: shuffled.flatMap(({ image }) => [...image]) })).toEqual(
          fit("channel", { dtype: "uint8", shape, images: images.flatMap((image) => [...image]) }),
        );
      }),
    );
  });

  test("is refused where there is no training row", () => {
    expect(() =>
      new NormalizerFit({ method: "rescale" }, { height: 1, width: 1, channels: 1, dtype: "uint8" }).normalizer(),
    ).toThrow(InvalidSplit);
  });
});
