import { readFileSync } from "node:fs";

import type { DrawKind } from "../../ml/augment/draw-layout.ts";
import type { AugmentParameters } from "../../ml/augment/schema.ts";

export interface GoldenArray {
  shape: number[];
  values: number[];
}

/** Made by tests/golden/augment/make-goldens.py with Keras, scipy, numpy and TensorFlow. */
export const augmentGoldens = JSON.parse(readFileSync(new URL("../golden/augment/goldens.json", import.meta.url), "utf8")) as {
  /** With nearest and reflect Keras' pixels, with constant and wrap TensorFlow's documented meaning in numpy. */
  pixels: (Pick<AugmentParameters, "fillMode" | "cval" | "interpolation"> & {
    image: GoldenArray;
    matrix: GoldenArray;
    pixels: GoldenArray;
  })[];
  documented: {
    height: number;
    width: number;
    theta: number;
    rows: number;
    columns: number;
    shear: number;
    zoom_rows: number;
    zoom_columns: number;
    matrix: GoldenArray;
  }[];
  colors: {
    kind: Extract<DrawKind, "channelShift" | "brightness" | "contrast" | "saturation" | "hue">;
    value: number;
    tolerance: number;
    image: GoldenArray;
    pixels: GoldenArray;
  }[];
  /** Of Keras' ImageDataGenerator. */
  kerasParameters: string[];
  /** Deciles of Beta(α, α). */
  betaQuantiles: { alpha: number; quantiles: number[] }[];
};

/** A matrix from output (row, column) to input, as the eight numbers that map (x, y). */
export function transformOf({ values: [rr, rc, r0, cr, cc, c0] }: GoldenArray): number[] {
  return [cc!, cr!, c0!, rc!, rr!, r0!, 0, 0];
}
