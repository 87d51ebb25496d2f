import type { Affine } from "./sample-affine.ts";

/** Row-major 2 × 3: output (row, column, 1) to input (row, column). */
type Matrix = [number, number, number, number, number, number];

/**
 * A draw as the eight numbers of TensorFlow's ImageProjectiveTransformV3: output pixel (x, y) is taken from input
 * (a0·x + a1·y + a2, b0·x + b1·y + b2).
 *
 * Rotation · shift · shear · zoom about the image's center, then the flips, as Keras' `ImageDataGenerator` is documented; its code since 2020
 * moves height shifts sideways and turns oblong images about a wrong center (keras-team/keras-preprocessing#315), which is not imitated.
 */
export function projectiveTransform(affine: Affine, size: { height: number; width: number }): number[] {
  const { height, width } = size;
  const [cos, sin] = [Math.cos(affine.rotationRadians), Math.sin(affine.rotationRadians)];
  const steps: Matrix[] = [
    [1, 0, height / 2 - 0.5, 0, 1, width / 2 - 0.5],
    [cos, -sin, 0, sin, cos, 0],
    [1, 0, affine.shiftRows, 0, 1, affine.shiftColumns],
    [1, -Math.sin(affine.shearRadians), 0, 0, Math.cos(affine.shearRadians), 0],
    [affine.zoomRows, 0, 0, 0, affine.zoomColumns, 0],
    [1, 0, -(height / 2 - 0.5), 0, 1, -(width / 2 - 0.5)],
  ];
  if (affine.flipHorizontal) steps.push([1, 0, 0, 0, -1, width - 1]);
  if (affine.flipVertical) steps.push([-1, 0, height - 1, 0, 1, 0]);
  const [rr, rc, r0, cr, cc, c0] = steps.reduce(multiply);
  return [cc, cr, c0, rc, rr, r0, 0, 0];
}

function multiply(a: Matrix, b: Matrix): Matrix {
  return [
    a[0] * b[0] + a[1] * b[3],
    a[0] * b[1] + a[1] * b[4],
    a[0] * b[2] + a[1] * b[5] + a[2],
    a[3] * b[0] + a[4] * b[3],
    a[3] * b[1] + a[4] * b[4],
    a[3] * b[2] + a[4] * b[5] + a[5],
  ];
}
