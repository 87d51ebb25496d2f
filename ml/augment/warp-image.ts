import type { AugmentParameters } from "./schema.ts";

/**
 * Moves one image as TensorFlow's ImageProjectiveTransformV3 does, bilinear; for previews: training warps whole batches on its device.
 *
 * @param image shape [height, width, channels], flattened
 * @param transform eight numbers, output to input, as `projectiveTransform` makes them
 * @returns values as the input's type has them, rounded
 * @see https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/kernels/image/image_ops.h
 */
export function warpImage<P extends Uint8Array | Uint16Array>(
  image: P,
  { height, width, channels }: { height: number; width: number; channels: number },
  transform: ArrayLike<number>,
  fillMode: AugmentParameters["fillMode"],
): P {
  const result = image.slice() as P;
  const at = (row: number, column: number, channel: number) =>
    row < 0 || column < 0 || row >= height || column >= width ? 0 : image[(row * width + column) * channels + channel]!;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const column = inside(transform[0]! * x + transform[1]! * y + transform[2]!, width, fillMode);
      const row = inside(transform[3]! * x + transform[4]! * y + transform[5]!, height, fillMode);
      const [left, top] = [Math.floor(column), Math.floor(row)];
      const [right, bottom] = [column - left, row - top];
      for (let channel = 0; channel < channels; channel++) {
        const above = (1 - right) * at(top, left, channel) + right * at(top, left + 1, channel);
        const below = (1 - right) * at(top + 1, left, channel) + right * at(top + 1, left + 1, channel);
        result[(y * width + x) * channels + channel] = Math.round((1 - bottom) * above + bottom * below);
      }
    }
  }
  return result;
}

/** Where a coordinate outside the image is read; `constant` leaves it outside, where there are zeros. */
function inside(position: number, length: number, fillMode: AugmentParameters["fillMode"]): number {
  if (fillMode === "constant" || (position >= 0 && position <= length - 1)) return position;
  const mapped =
    fillMode === "nearest" || length === 1
      ? position
      : fillMode === "reflect"
        ? reflected(position, length)
        : wrapped(position, length);
  return Math.min(Math.max(mapped, 0), length - 1);
}

function reflected(position: number, length: number): number {
  const period = 2 * length;
  const within = position < 0 ? -position - 1 : position;
  const folded = within % period;
  return folded >= length ? period - folded - 1 : folded;
}

function wrapped(position: number, length: number): number {
  const turns = Math.trunc(Math.abs(position) / (length - 1));
  return position < 0 ? position + length * (turns + 1) : position - length * turns;
}
