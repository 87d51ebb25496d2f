import type { AugmentParameters } from "./schema.ts";

type FillMode = AugmentParameters["fillMode"];

/** One image, values in C order [height, width, channels]. */
export interface ImageValues {
  height: number;
  width: number;
  channels: number;
  values: Float32Array | Uint8Array | Uint16Array;
}

/**
 * Moves one image by a projective transform with bilinear interpolation, on the CPU: for previews, and as the oracle of the batched op.
 *
 * @param transform as ImageProjectiveTransformV3 takes it: output pixel (x, y) is taken from input
 *   (a0·x + a1·y + a2, b0·x + b1·y + b2), both divided by c0·x + c1·y + 1
 * @returns values of the same shape, float32; outside the image they follow `fillMode`, `constant` is 0
 * @see TensorFlow's kernels/image/image_ops.h, ProjectiveGenerator and MapCoordinate, which this repeats
 */
export function applyAffine(image: ImageValues, transform: readonly number[], fillMode: FillMode): Float32Array {
  const { height, width, channels } = image;
  const [a0 = 1, a1 = 0, a2 = 0, b0 = 0, b1 = 1, b2 = 0, c0 = 0, c1 = 0] = transform;
  const result = new Float32Array(height * width * channels);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const depth = c0 * column + c1 * row + 1;
      const x = mapCoordinate((a0 * column + a1 * row + a2) / depth, width, fillMode);
      const y = mapCoordinate((b0 * column + b1 * row + b2) / depth, height, fillMode);
      for (let channel = 0; channel < channels; channel++) {
        result[(row * width + column) * channels + channel] = bilinear(image, x, y, channel);
      }
    }
  }
  return result;
}

/** Where a coordinate outside the image is taken from. `constant` leaves it outside, where values are 0. */
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

function bilinear(image: ImageValues, x: number, y: number, channel: number): number {
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const [right, below] = [x - x0, y - y0];
  const top = (1 - right) * valueAt(image, y0, x0, channel) + right * valueAt(image, y0, x0 + 1, channel);
  const bottom = (1 - right) * valueAt(image, y0 + 1, x0, channel) + right * valueAt(image, y0 + 1, x0 + 1, channel);
  return (1 - below) * top + below * bottom;
}

function valueAt({ height, width, channels, values }: ImageValues, row: number, column: number, channel: number): number {
  if (row < 0 || row >= height || column < 0 || column >= width) return 0;
  return values[(row * width + column) * channels + channel]!;
}

function clamp(value: number, last: number): number {
  return Math.min(Math.max(value, 0), last);
}
