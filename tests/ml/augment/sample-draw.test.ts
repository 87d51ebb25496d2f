import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { batchDraws, partnerRow } from "../../../ml/augment/batch-draws.ts";
import { changeColors } from "../../../ml/augment/change-colors.ts";
import { checkChannels } from "../../../ml/augment/check-channels.ts";
import { drawLayout, isEnabled } from "../../../ml/augment/draw-layout.ts";
import { sampleAffine } from "../../../ml/augment/sample-affine.ts";
import { sampleBeta } from "../../../ml/augment/sample-beta.ts";
import { sampleDraw } from "../../../ml/augment/sample-draw.ts";
import { sampleWindow } from "../../../ml/augment/sample-window.ts";
import type { Augmentation } from "../../../ml/augment/schema.ts";
import { augmentParametersSchema } from "../../../ml/augment/schema.ts";
import { InvalidConfiguration } from "../../../ml/errors.ts";
import { randomStream } from "../../../ml/random.ts";
import { augmentGoldens } from "../../support/augment-goldens.ts";

const everything = augmentParametersSchema.parse({
  rotation: 20,
  shift: 0.2,
  shear: 0.2,
  zoom: 0.2,
  flip: "both",
  channelShift: 30,
  brightness: [0.5, 1.2],
  contrast: 0.3,
  saturation: 0.4,
  hue: 0.1,
  noise: 0.05,
  cutout: 0.5,
  mixUp: 0.2,
  cutMix: 1,
});
const augmentation: Augmentation = { formatVersion: 1, enabled: true, seed: 7, parameters: everything };
const size = { height: 8, width: 6 };
const draws = (count: number, parameters = everything) =>
  Array.from({ length: count }, (_, i) => sampleDraw({ ...augmentation, parameters }, 1, String(i), size));

describe("a draw", () => {
  test("stays within its ranges and uses all of them", () => {
    const drawn = draws(2000);

    const affines = drawn.map(({ affine }) => affine);
    const degrees = affines.map(({ rotationRadians }) => (rotationRadians * 180) / Math.PI);
    expect(Math.max(...degrees)).toBeLessThanOrEqual(20);
    expect(Math.min(...degrees)).toBeLessThan(-19);
    expect(affines.every(({ shiftRows, shiftColumns }) => Math.abs(shiftRows) <= 1.6 && Math.abs(shiftColumns) <= 1.2)).toBe(
      true,
    );
    expect(affines.every(({ zoomRows, zoomColumns }) => zoomRows >= 0.8 && zoomRows <= 1.2 && zoomRows !== zoomColumns)).toBe(
      true,
    );
    expect(affines.filter(({ flipHorizontal }) => flipHorizontal).length / 2000).toBeCloseTo(0.5, 1);
    const brightness = drawn.map((draw) => draw.brightness);
    expect([Math.min(...brightness), Math.max(...brightness)].map((value) => Math.round(value * 100))).toEqual([50, 120]);
    expect(Math.max(...drawn.map(({ hue }) => Math.abs(hue)))).toBeCloseTo(0.1, 2);
    expect(Math.max(...drawn.map(({ channelShift }) => Math.abs(channelShift)))).toBeCloseTo(30, 0);
  });

  test("of one kind does not depend on what else is switched on", () => {
    const only = augmentParametersSchema.parse({ zoom: 0.2, hue: 0.1 });
    const [one, other] = [draws(1, only)[0]!, draws(1)[0]!];

    expect(one.affine.zoomRows).toBe(other.affine.zoomRows);
    expect(one.hue).toBe(other.hue);
  });

  test("leaves the image alone where nothing is asked for", () => {
    expect(isEnabled(augmentParametersSchema.parse({}))).toBe(false);
    expect(isEnabled(augmentParametersSchema.parse({ brightness: [1, 1], zoom: [1, 1], widthShift: [0] }))).toBe(false);
    expect(isEnabled(augmentParametersSchema.parse({ heightShift: [0, 1] }))).toBe(true);
  });

  test.each([
    { widthShift: 2, least: -2, most: 2 },
    { widthShift: 0.5, least: -3, most: 3 },
    { widthShift: [-2, 0, 1], least: -2, most: 1 },
    { widthShift: [0.25, 0.5], least: 1.5, most: 3 },
  ])("shifts by pixels, shares or one of a list: $widthShift", ({ widthShift, least, most }) => {
    const parameters = augmentParametersSchema.parse({ widthShift });
    const shifts = Array.from({ length: 500 }, (_, i) => sampleAffine(parameters, size, randomStream(1, i)));

    expect(Math.min(...shifts.map(({ shiftColumns }) => shiftColumns))).toBeCloseTo(least, 1);
    expect(Math.max(...shifts.map(({ shiftColumns }) => shiftColumns))).toBeCloseTo(most, 1);
    expect(shifts.every(({ shiftRows }) => Math.abs(shiftRows) === 0)).toBe(true);
  });

  test.each(augmentGoldens.betaQuantiles)("of a share has the quantiles of Beta($alpha, $alpha)", ({ alpha, quantiles }) => {
    const random = randomStream(5);
    const sorted = Array.from({ length: 20_000 }, () => sampleBeta(alpha, random)).toSorted((a, b) => a - b);

    for (const [i, quantile] of quantiles.entries()) {
      const below = sorted.filter((share) => share <= quantile).length / sorted.length;
      expect(below).toBeCloseTo((i + 1) / 10, 1.7);
    }
  });

  test("of a window is cut off at the edges and has the wanted size within the image", () => {
    const windows = Array.from({ length: 500 }, (_, i) => sampleWindow(0.5, { height: 10, width: 20 }, randomStream(i)));

    expect(Math.max(...windows.map(({ top, bottom }) => bottom - top))).toBe(5);
    expect(Math.max(...windows.map(({ left, right }) => right - left))).toBe(10);
    expect(windows.every(({ top, bottom, left, right }) => top >= 0 && bottom <= 10 && left >= 0 && right <= 20)).toBe(true);
    expect(windows.some(({ top, bottom }) => bottom - top < 5)).toBe(true);
  });

  test("gives a pasted image's label the share of its pixels", () => {
    const pasted = draws(200, augmentParametersSchema.parse({ cutMix: 1 }));

    for (const { mix } of pasted) {
      const { top, left, bottom, right } = mix.window;
      expect(mix.labelShare).toBeCloseTo(1 - ((bottom - top) * (right - left)) / 48, 12);
      expect(mix.pixelShare).toBe(1);
    }
    const blended = draws(200).filter(({ mix }) => mix.pixelShare < 1);
    expect(blended.length / 200).toBeCloseTo(0.5, 1);
    expect(blended.every(({ mix }) => mix.labelShare === mix.pixelShare)).toBe(true);
  });
});

describe("the draws of a batch", () => {
  test("depend on seed, epoch and sample, and neither on batch nor on order", () => {
    const { width } = drawLayout(everything);
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 8 }), fc.nat(100), (ids, epoch) => {
        const whole = batchDraws(augmentation, epoch, ids, size);

        for (const [row, id] of ids.entries()) {
          expect(batchDraws(augmentation, epoch, [id], size)).toEqual(whole.subarray(row * width, (row + 1) * width));
        }
        expect(batchDraws(augmentation, epoch + 1, ids, size)).not.toEqual(whole);
        expect(batchDraws({ ...augmentation, seed: 8 }, epoch, ids, size)).not.toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  test("name a partner among all training rows", () => {
    const rows = Int32Array.of(3, 5, 8, 13);
    const partners = Array.from({ length: 200 }, (_, i) => partnerRow(augmentation, 1, String(i), rows, size));

    expect(new Set(partners)).toEqual(new Set(rows));
  });
});

describe("changed colors", () => {
  test.each(augmentGoldens.colors.map((golden, index) => ({ ...golden, index })))(
    "are Keras' and TensorFlow's: $kind by $value, case $index",
    ({ kind, value, image, pixels, tolerance }) => {
      const none = { channelShift: undefined, brightness: undefined, contrast: undefined, saturation: undefined, hue: undefined };

      const changed = changeColors(Float32Array.from(image.values), 3, { ...none, [kind]: value, largest: 255 });

      for (const [i, pixel] of pixels.values.entries()) expect(Math.abs(changed[i]! - pixel)).toBeLessThanOrEqual(tolerance);
    },
  );
});

test("refuses colors of gray images, naming the key and the remedy", () => {
  const refused = () => checkChannels(augmentParametersSchema.parse({ hue: 0.1 }), 1);

  expect(refused).toThrow(InvalidConfiguration);
  expect(refused).toThrow(/augment\.hue takes images with three channels.*received 1.*ingest\.channels: 3/);
  expect(() => checkChannels(everything, 3)).not.toThrow();
});

test.each(["constant", "wrap"])("refuses fill mode %s with kerasCompat, whose pixels would differ from Keras'", (fillMode) => {
  const parsed = augmentParametersSchema.safeParse({ rotation: 10, fillMode, kerasCompat: true });

  expect(parsed.error?.issues).toMatchObject([
    { path: ["fillMode"], message: expect.stringMatching(/nearest or reflect.*kerasCompat/) },
  ]);
  expect(augmentParametersSchema.safeParse({ fillMode, kerasCompat: false }).success).toBe(true);
});
