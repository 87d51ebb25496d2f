import type { AugmentParameters } from "./schema.ts";

type FillMode = AugmentParameters["fillMode"];

/** What stands outside the image and between its pixels. */
export type Filling = Pick<AugmentParameters, "fillMode" | "cval" | "interpolation">;

/** One image, values in C order [height, width, channels]. */
export interface ImageValues {
  height: number;
  width: number;
  channels: number;
  values: Float32Array | Uint8Array | Uint16Array;
}

/**
 * Moves one image by a projective transform, on the CPU: for previews, and as the oracle of the batched op.
 *
 * @param transform the eight numbers ImageProjectiveTransformV3 takes: output pixel (x, y) is taken from input
 *   (a0·x + a1·y + a2, b0·x + b1·y + b2), both divided by c0·x + c1·y + 1
 * @returns values of the same shape, float32; outside the image they follow `fillMode`, `constant` is `cval`
 * @see TensorFlow's kernels/image/image_ops.h, ProjectiveGenerator and MapCoordinate, which this repeats
 */
export function applyAffine(image: ImageValues, transform: ArrayLike<number>, filling: Filling): Float32Array {
  const { height, width, channels } = image;
  const { fillMode, cval = 0, interpolation = "bilinear" } = filling;
  const [a0, a1, a2, b0, b1, b2, c0, c1] = Array.from(transform) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const read = interpolation === "bilinear" ? bilinear : nearest;
  const filled = { ...image, cval };
  const result = new Float32Array(height * width * channels);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const depth = c0 * column + c1 * row + 1;
      const x = mapCoordinate((a0 * column + a1 * row + a2) / depth, width, fillMode);
      const y = mapCoordinate((b0 * column + b1 * row + b2) / depth, height, fillMode);
      for (let channel = 0; channel < channels; channel++) {
        result[(row * width + column) * channels + channel] = read(filled, x, y, channel);
      }
    }
  }
  return result;
}

/** Where a coordinate outside the image is taken from. `constant` leaves it outside. */
function mapCoordinate(coordinate: number, length: number, fillMode: FillMode): number {
  const last = length - 1;
  if (fillMode === "constant" || (coordinate >= 0 && coordinate <= last)) return coordinate;
  if (fillMode === "nearest" || length <= 1) return clamp(coordinate, last);
  const mapped = fillMode === "reflect" ? reflect(coordinate, length) : wrap(coordinate, length);
  return clamp(mapped, last);
}

/** dcba|abcd|dcba */
function reflect(coordinate: number, length: number): number {
  const period = 2 * length;
  if (coordinate < 0) {
    const near = coordinate < period ? period * Math.trunc(-coordinate / period) + coordinate : coordinate;
    return near < -length ? near + period : -near - 1;
  }
  const near = coordinate - period * Math.trunc(coordinate / period);
  return near >= length ? period - near - 1 : near;
}

/** abcd|abcd|abcd, with TensorFlow's period of length - 1 in the division, which differs from scipy's. */
function wrap(coordinate: number, length: number): number {
  const period = length - 1;
  if (coordinate < 0) return coordinate + length * (Math.trunc(-coordinate / period) + 1);
  return coordinate - length * Math.trunc(coordinate / period);
}

type Filled = ImageValues & { cval: number };

/** Halves are rounded away from zero. */
function nearest(image: Filled, x: number, y: number, channel: number): number {
  const round = (value: number) => Math.sign(value) * Math.round(Math.abs(value));
  return valueAt(image, round(y), round(x), channel);
}

function bilinear(image: Filled, x: number, y: number, channel: number): number {
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const [right, below] = [x - x0, y - y0];
  const top = (1 - right) * valueAt(image, y0, x0, channel) + right * valueAt(image, y0, x0 + 1, channel);
  const bottom = (1 - right) * valueAt(image, y0 + 1, x0, channel) + right * valueAt(image, y0 + 1, x0 + 1, channel);
  return (1 - below) * top + below * bottom;
}

function valueAt({ height, width, channels, values, cval }: Filled, row: number, column: number, channel: number): number {
  if (row < 0 || row >= height || column < 0 || column >= width) return cval;
  return values[(row * width + column) * channels + channel]!;
}

function clamp(value: number, last: number): number {
  return Math.min(Math.max(value, 0), last);
}
