import { expect, test } from "vitest";

import { AugmentationPreview } from "../../../ml/augment/augmentation-preview.ts";
import { previewSheet } from "../../../ml/augment/preview-sheet.ts";
import { sampleDraw } from "../../../ml/augment/sample-draw.ts";
import type { Augmentation } from "../../../ml/augment/schema.ts";
import { augmentParametersSchema } from "../../../ml/augment/schema.ts";

const size = { height: 8, width: 6 };
const values = Uint8Array.from({ length: 48 }, (_, i) => i);
const image = { id: "a", ...size, channels: 1, values };
const augmentationOf = (parameters: object): Augmentation => {
  return { formatVersion: 1, enabled: true, seed: 7, parameters: augmentParametersSchema.parse(parameters) };
};

test("shows each image itself, then as the first epochs will see it", () => {
  const augmentation = augmentationOf({ brightness: [2, 2] });
  const sheet = previewSheet(augmentation, [image, { ...image, id: "b" }], 3, 255);

  expect([sheet.height, sheet.width, sheet.channels]).toEqual([2 + 2 * 10, 2 + 4 * 8, 1]);
  expect([...sheet.pixels.subarray(2 * sheet.width + 2, 2 * sheet.width + 8)]).toEqual([0, 1, 2, 3, 4, 5]);
  expect([...sheet.pixels.subarray(2 * sheet.width + 10, 2 * sheet.width + 16)]).toEqual([0, 2, 4, 6, 8, 10]);
});

test("shows the images alone without augmentation, 16 bits by their upper 8", () => {
  const deep = { ...image, values: Uint16Array.from(values, (value) => value * 257) };

  const sheet = previewSheet({ ...augmentationOf({}), enabled: false }, [deep], 3, 65_535);

  expect(sheet.width).toBe(10);
  expect(sheet.pixels[2 * 10 + 3]).toBe(1);
});

test("shows the draws of training's first epoch, which is the first", () => {
  const augmentation = augmentationOf({ brightness: 0.5 });

  const sheet = previewSheet(augmentation, [image], 1, 255);

  const { brightness } = sampleDraw(augmentation, 1, "a", size);
  expect(sheet.pixels[2 * sheet.width + 10 + 5]).toBe(Math.round(5 * brightness));
});

test("shows windows filled with cval, noise, and the partner where images are mixed", () => {
  const partner = { ...image, id: "b", values: values.map((value) => value + 100) };
  const seen = (parameters: object) => new AugmentationPreview(augmentationOf(parameters), 255).show(image, 1, partner);

  const cut = seen({ cutout: 0.5, cval: 200 });
  const window = sampleDraw(augmentationOf({ cutout: 0.5 }), 1, "a", size).cutout;
  const cutPixels = (window.bottom - window.top) * (window.right - window.left);
  expect(cut.filter((value) => value === 200)).toHaveLength(cutPixels);

  const noisy = seen({ noise: 0.02 });
  expect(noisy).not.toEqual(Float32Array.from(values));
  expect(Math.max(...noisy.map((value, i) => Math.abs(value - values[i]!)))).toBeLessThan(255 * 0.02 * 5);

  const { mix } = sampleDraw(augmentationOf({ mixUp: 1 }), 1, "a", size);
  expect(seen({ mixUp: 1 })[7]).toBeCloseTo(7 * mix.pixelShare + 107 * (1 - mix.pixelShare), 3);
  const pasted = seen({ cutMix: 1 });
  const share = sampleDraw(augmentationOf({ cutMix: 1 }), 1, "a", size).mix.labelShare;
  expect(pasted.filter((value) => value >= 100)).toHaveLength(Math.round(48 * (1 - share)));
});
