import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { batchTransforms } from "../../../ml/augment/batch-transforms.ts";
import { isEnabled } from "../../../ml/augment/is-enabled.ts";
import { previewSheet } from "../../../ml/augment/preview-sheet.ts";
import { sampleAffine } from "../../../ml/augment/sample-affine.ts";
import type { Augmentation } from "../../../ml/augment/schema.ts";
import { augmentParametersSchema } from "../../../ml/augment/schema.ts";
import { randomStream } from "../../../ml/random.ts";

const everything = augmentParametersSchema.parse({ rotation: 20, shift: 0.2, shear: 0.2, zoom: 0.2, flip: "both" });
const augmentation: Augmentation = { formatVersion: 1, enabled: true, seed: 7, parameters: everything };
const size = { height: 8, width: 6 };

describe("a draw", () => {
  test("stays within its ranges and uses all of them", () => {
    const draws = Array.from({ length: 2000 }, (_, i) => sampleAffine(everything, randomStream(1, i)));

    const degrees = draws.map(({ rotationRadians }) => (rotationRadians * 180) / Math.PI);
    expect(Math.max(...degrees)).toBeLessThanOrEqual(20);
    expect(Math.min(...degrees)).toBeLessThan(-19);
    expect(draws.every(({ shiftRows, shiftColumns }) => Math.abs(shiftRows) <= 0.2 && Math.abs(shiftColumns) <= 0.2)).toBe(true);
    expect(draws.every(({ zoomRows, zoomColumns }) => zoomRows >= 0.8 && zoomRows <= 1.2 && zoomRows !== zoomColumns)).toBe(true);
    expect(draws.filter(({ flipHorizontal }) => flipHorizontal).length / 2000).toBeCloseTo(0.5, 1);
  });

  test("of one kind does not depend on what else is switched on", () => {
    const onlyZoom = { ...everything, rotation: 0, shift: 0, flip: "none" as const };

    expect(sampleAffine(onlyZoom, randomStream(1, "a")).zoomRows).toBe(sampleAffine(everything, randomStream(1, "a")).zoomRows);
  });

  test("leaves the image alone where nothing is asked for", () => {
    const nothing = augmentParametersSchema.parse({});

    expect(isEnabled(nothing)).toBe(false);
    expect([...batchTransforms({ ...augmentation, parameters: nothing }, 0, ["a"], size)]).toEqual([1, 0, 0, 0, 1, 0, 0, 0]);
  });
});

describe("the draws of a batch", () => {
  test("depend on seed, epoch and sample, and neither on batch nor on order", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 8 }), fc.nat(100), (ids, epoch) => {
        const whole = batchTransforms(augmentation, epoch, ids, size);

        for (const [row, id] of ids.entries()) {
          expect(batchTransforms(augmentation, epoch, [id], size)).toEqual(whole.subarray(row * 8, row * 8 + 8));
        }
        expect(batchTransforms(augmentation, epoch + 1, ids, size)).not.toEqual(whole);
        expect(batchTransforms({ ...augmentation, seed: 8 }, epoch, ids, size)).not.toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });
});

describe("a preview sheet", () => {
  const values = Uint8Array.from({ length: 48 }, (_, i) => i);
  const image = { id: "a", ...size, channels: 1, values };

  test("shows each image itself, then as the first epochs will see it", () => {
    const sheet = previewSheet(augmentation, [image, { ...image, id: "b" }], 3, 255);

    expect([sheet.height, sheet.width, sheet.channels]).toEqual([2 + 2 * 10, 2 + 4 * 8, 1]);
    expect([...sheet.pixels.subarray(2 * sheet.width + 2, 2 * sheet.width + 8)]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("shows the images alone without augmentation, 16 bits by their upper 8", () => {
    const deep = { ...image, values: Uint16Array.from(values, (value) => value * 257) };

    const sheet = previewSheet({ ...augmentation, enabled: false }, [deep], 3, 65_535);

    expect(sheet.width).toBe(10);
    expect(sheet.pixels[2 * 10 + 3]).toBe(1);
  });
});
