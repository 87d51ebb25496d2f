import { describe, expect, test } from "vitest";

import { applyAffine } from "../../../ml/augment/apply-affine.ts";
import { projectiveTransform } from "../../../ml/augment/projective-transform.ts";
import { augmentGoldens as goldens, transformOf } from "../../support/augment-goldens.ts";

describe("moving an image", () => {
  test.each(goldens.pixels.map((golden, index) => ({ ...golden, index })))(
    "gives the golden pixels for a golden matrix, fill mode $fillMode, case $index",
    ({ image, matrix, pixels, ...filling }) => {
      const [height = 0, width = 0, channels = 0] = image.shape;

      const values = Float32Array.from(image.values);
      const moved = applyAffine({ height, width, channels, values }, transformOf(matrix), filling);

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

    expect([...applyAffine(image, [1, 0, -2, 0, 1, 0, 0, 0], { fillMode })]).toEqual(expected);
  });

  test("fills with cval and takes the nearest pixel where asked to, halves away from zero", () => {
    const image = { height: 1, width: 3, channels: 1, values: Uint8Array.of(1, 2, 3) };

    const filling = { fillMode: "constant", cval: 9, interpolation: "nearest" } as const;
    expect([...applyAffine(image, [1, 0, 0.5, 0, 1, 0, 0, 0], filling)]).toEqual([2, 3, 9]);
  });

  test("by nothing leaves it as it is", () => {
    const values = Float32Array.from({ length: 24 }, (_, i) => i);

    expect(applyAffine({ height: 4, width: 2, channels: 3, values }, [1, 0, 0, 0, 1, 0, 0, 0], { fillMode: "constant" })).toEqual(
      values,
    );
  });
});

describe("the eight numbers of a draw", () => {
  test.each(goldens.documented)("are the documented matrix for $height × $width", (golden) => {
    const radians = Math.PI / 180;
    const affine = {
      rotationRadians: golden.theta * radians,
      shiftRows: golden.rows * golden.height,
      shiftColumns: golden.columns * golden.width,
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
      ...applyAffine(image, projectiveTransform({ ...still, flipHorizontal, flipVertical }, image), { fillMode: "nearest" }),
    ];

    expect(flipped(true, false)).toEqual([3, 2, 1, 6, 5, 4]);
    expect(flipped(false, true)).toEqual([4, 5, 6, 1, 2, 3]);
  });
});
