import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { applyAffine } from "../../../ml/augment/apply-affine.ts";
import { projectiveTransform } from "../../../ml/augment/projective-transform.ts";
import type { AugmentParameters } from "../../../ml/augment/schema.ts";

interface GoldenArray {
  shape: number[];
  values: number[];
}

// Made by make-goldens.py beside it, with Keras' legacy apply_affine_transform and scipy.ndimage.
const goldens = JSON.parse(readFileSync(new URL("../../golden/augment/goldens.json", import.meta.url), "utf8")) as {
  pixels: { fillMode: AugmentParameters["fillMode"]; image: GoldenArray; matrix: GoldenArray; pixels: GoldenArray }[];
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
};

/** A matrix from output (row, column) to input, as the eight numbers that map (x, y). */
function transformOf({ values: [rr, rc, r0, cr, cc, c0] }: GoldenArray): number[] {
  return [cc!, cr!, c0!, rc!, rr!, r0!, 0, 0];
}

describe("moving an image", () => {
  test.each(goldens.pixels.map((golden, index) => ({ ...golden, index })))(
    "gives Keras' pixels for Keras' matrix, fill mode $fillMode, case $index",
    ({ fillMode, image, matrix, pixels }) => {
      const [height = 0, width = 0, channels = 0] = image.shape;

      const moved = applyAffine(
        { height, width, channels, values: Float32Array.from(image.values) },
        transformOf(matrix),
        fillMode,
      );

      const largestDifference = Math.max(...pixels.values.map((value, i) => Math.abs(value - moved[i]!)));
      expect(largestDifference).toBeLessThanOrEqual(1e-5);
    },
  );

  test.each([
    { fillMode: "nearest", expected: [1, 1, 1, 2, 3] },
    { fillMode: "reflect", expected: [2, 1, 1, 2, 3] },
    { fillMode: "constant", expected: [0, 0, 1, 2, 3] },
    { fillMode: "wrap", expected: [4, 5, 1, 2, 3] },
  ] as const)("by two columns fills with $fillMode as TensorFlow documents it", ({ fillMode, expected }) => {
    const image = { height: 1, width: 5, channels: 1, values: Uint8Array.of(1, 2, 3, 4, 5) };

    expect([...applyAffine(image, [1, 0, -2, 0, 1, 0, 0, 0], fillMode)]).toEqual(expected);
  });

  test("by nothing leaves it as it is", () => {
    const values = Float32Array.from({ length: 24 }, (_, i) => i);

    expect(applyAffine({ height: 4, width: 2, channels: 3, values }, [1, 0, 0, 0, 1, 0, 0, 0], "constant")).toEqual(values);
  });
});

describe("the eight numbers of a draw", () => {
  test.each(goldens.documented)("are the documented matrix for $height × $width", (golden) => {
    const radians = Math.PI / 180;
    const affine = {
      rotationRadians: golden.theta * radians,
      shiftRows: golden.rows,
      shiftColumns: golden.columns,
      shearRadians: golden.shear * radians,
      zoomRows: golden.zoom_rows,
      zoomColumns: golden.zoom_columns,
      flipHorizontal: false,
      flipVertical: false,
    };

    const transform = projectiveTransform(affine, golden);

    for (const [i, value] of transformOf(golden.matrix).entries()) expect(transform[i]).toBeCloseTo(value, 7);
  });

  test("mirror the moved image where it is flipped", () => {
    const still = { rotationRadians: 0, shiftRows: 0, shiftColumns: 0, shearRadians: 0, zoomRows: 1, zoomColumns: 1 };
    const image = { height: 2, width: 3, channels: 1, values: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    const flipped = (flipHorizontal: boolean, flipVertical: boolean) => [
      ...applyAffine(image, projectiveTransform({ ...still, flipHorizontal, flipVertical }, image), "nearest"),
    ];

    expect(flipped(true, false)).toEqual([3, 2, 1, 6, 5, 4]);
    expect(flipped(false, true)).toEqual([4, 5, 6, 1, 2, 3]);
  });
});
