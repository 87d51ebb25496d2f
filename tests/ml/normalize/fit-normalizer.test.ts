import { readFileSync } from "node:fs";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { InvalidConfiguration, InvalidSplit } from "../../../ml/errors.ts";
import { NormalizerFit } from "../../../ml/normalize/fit-normalizer.ts";
import type { NormalizeParameters } from "../../../ml/normalize/schema.ts";
import { takeSteps } from "../../support/take-steps.ts";

interface Golden {
  name: string;
  dtype: "uint8" | "uint16";
  shape: [number, number, number, number];
  images: number[];
  channel: { mean: number[]; std: number[] };
  pixel: { mean: number[]; std: number[] };
  minMax: { min: number[]; max: number[] };
}

interface Whitening extends Pick<Golden, "name" | "dtype" | "shape" | "images"> {
  epsilon: number;
  matrix: number[];
  /** Of the first two images. */
  whitened: number[];
}

// Made by make-goldens.py beside it, with numpy's float64 and Keras.
const goldens = JSON.parse(readFileSync(new URL("../../golden/normalize/goldens.json", import.meta.url), "utf8")) as {
  cases: Golden[];
  whitenings: Whitening[];
  ofManyValues: { shape: [number, number, number, number]; epsilon: number; firstRows: number[] };
};

function fit(
  given: NormalizeParameters["method"] | NormalizeParameters,
  { dtype, shape, images }: Pick<Golden, "dtype" | "shape" | "images">,
) {
  const [rows, height, width, channels] = shape;
  const values = dtype === "uint8" ? Uint8Array.from(images) : Uint16Array.from(images);
  const parameters = typeof given === "string" ? { method: given } : given;
  const fitted = new NormalizerFit(parameters, { height, width, channels, dtype });
  const rowLength = height * width * channels;
  for (let row = 0; row < rows; row++) takeSteps(fitted.add(values.subarray(row * rowLength, (row + 1) * rowLength)));
  const { normalizer, whitening } = takeSteps(fitted.fitted());
  return { ...normalizer, whitening };
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

describe.each(goldens.whitenings)("whitening $name", (golden) => {
  test("multiplies by Keras' matrix, about Keras' means", () => {
    const { epsilon, shape, matrix, whitened } = golden;
    const values = shape[1] * shape[2] * shape[3];
    const { offset, scale, whitening } = fit({ method: "zca", epsilon }, golden);
    const found = whitening!;

    // float32 beside float64; entries are as large as the inverse of the least deviation.
    const size = Math.max(...matrix.map(Math.abs));
    expect(Math.max(...matrix.map((value, i) => Math.abs(found[i]! - value)))).toBeLessThanOrEqual(1e-6 * size);
    const images = golden.images.slice(0, 2 * values).map((value, i) => (value - offset[i % shape[3]]!) * scale[0]!);
    const product = images.map((_, i) => {
      const row = i - (i % values);
      return Array.from({ length: values }, (__, k) => images[row + k]! * found[k * values + (i % values)]!).reduce(
        (a, b) => a + b,
      );
    });
    expect(Math.max(...whitened.map((value, i) => Math.abs(product[i]! - value)))).toBeLessThanOrEqual(1e-5 * size);
  });
});

test("whitening of many values and images multiplies by Keras' matrix", () => {
  const { shape, epsilon, firstRows } = goldens.ofManyValues;

  const { whitening } = fit({ method: "zca", epsilon }, { dtype: "uint8", shape, images: drawnImages(shape) });

  const size = Math.max(...firstRows.map(Math.abs));
  expect(Math.max(...firstRows.map((value, i) => Math.abs(whitening![i]! - value)))).toBeLessThanOrEqual(1e-6 * size);
});

/** As make-goldens.py draws them. */
function drawnImages(shape: readonly number[]): number[] {
  let [state, before] = [1, 0];
  return Array.from({ length: shape.reduce((product, length) => product * length) }, () => {
    state = (state * 48271) % 2147483647;
    before = Math.floor(((state % 256) + before) / 2);
    return before;
  });
}

describe("a normalizer", () => {
  test("takes off the mean alone where it is not to divide by the deviation, in shares of the full scale", () => {
    const images = { dtype: "uint8" as const, shape: [2, 1, 1, 1] as Golden["shape"], images: [10, 20] };

    expect(fit({ method: "channel", deviation: false }, images)).toMatchObject({ offset: [15], scale: [1 / 255] });
    expect(fit({ method: "samplewise", deviation: false }, images)).toMatchObject({ deviation: false, scale: [1 / 255] });
  });

  test("leaves out of a whitening what never varies", () => {
    const { whitening } = fit("zca", { dtype: "uint8", shape: [3, 1, 1, 1], images: [9, 9, 9] });

    expect([...whitening!]).toEqual([0]);
  });

  test("is refused with zca above 3072 values an image, with what to do", () => {
    const shape = { height: 75, width: 100, channels: 3, dtype: "uint8" as const };

    expect(() => new NormalizerFit({ method: "zca" }, shape)).toThrow(InvalidConfiguration);
    expect(() => new NormalizerFit({ method: "zca" }, shape)).toThrow(/75×100×3 have 22500.*ingest.height/);
    expect(() => new NormalizerFit({ method: "zca" }, { ...shape, height: 32, width: 32 })).not.toThrow();
  });

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

  test.each(["channel", "zca"] as const)("by %s has the same bits whatever the order of rows", (method) => {
    const rows = fc.array(fc.uint8Array({ minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(rows, fc.integer(), (images, seed) => {
        const shape: Golden["shape"] = [images.length, 1, 2, 3];
        const shuffled = images.map((image, i) => ({ image, at: Math.sin(seed + i) })).toSorted((a, b) => a.at - b.at);

        expect(fit(method, { dtype: "uint8", shape, images: shuffled.flatMap(({ image }) => [...image]) })).toEqual(
          fit(method, { dtype: "uint8", shape, images: images.flatMap((image) => [...image]) }),
        );
      }),
    );
  });

  test("is refused where there is no training row", () => {
    expect(() =>
      takeSteps(new NormalizerFit({ method: "rescale" }, { height: 1, width: 1, channels: 1, dtype: "uint8" }).fitted()),
    ).toThrow(InvalidSplit);
  });
});
