import type { StackMargin } from "../../ml/ingest/stack-margin.ts";
import { stackMargin } from "../../ml/ingest/stack-margin.ts";
import { sharp } from "../../sharp.ts";
import type { ImageHeader, ImageShape, ResizeParameters } from "./decode-image.ts";
import { resizeOptions } from "./decode-image.ts";

/** From here on the pixels cost more than the building of a resizing does, and whole images would take memory. */
const largestBytes = 512 * 1024;

/** JPEG that shrinks by less is decoded at its full size in any case; others are decoded at a half, a quarter or an eighth. */
const decodedSmallerFrom = 3;

/** Kinds that are always decoded at their full size. */
const decodedWhole = new Set(["PNG", "GIF", "TIFF"]);

/**
 * Whether an image can be resized with others of its size as {@link resizeTogether} does, and gets to the bit the pixels that it gets alone:
 * where it is stretched and shrinks, and where nothing else is done to it.
 */
export function canResizeTogether(header: ImageHeader, shape: ImageShape, parameters: ResizeParameters): boolean {
  const { height, width } = header;
  const shrink = Math.min(height / shape.height, width / shape.width);
  const isSame = height === shape.height && width === shape.width;
  const isSmall = height * width * shape.channels <= largestBytes;
  if (isSame || !isSmall || shrink < 1 || !isDecodedWhole(header, shrink) || !isOnlyResized(header, shape)) return false;
  const isStretched = resizeOptions(header, shape, parameters).fit === "fill" && parameters.kernel !== "nearest";
  return isStretched && stackMargin(height, shape.height) !== null;
}

function isDecodedWhole({ kind }: ImageHeader, shrink: number): boolean {
  return kind === "JPEG" ? shrink < decodedSmallerFrom : decodedWhole.has(kind);
}

function isOnlyResized(header: ImageHeader, { channels, dtype }: ImageShape): boolean {
  const isConverted = header.isDeep || dtype !== "uint8" || header.isColor !== (channels === 3);
  return header.orientation === 1 && !header.isTransparent && !isConverted;
}

/**
 * Resizes images of one size, stretched, as one tall image: building a resizing costs as much as 20,000 pixels do, and is done once so.
 *
 * @param images those for which {@link canResizeTogether} holds: values [size.height, size.width, channels] each, in their place
 *   [shape.height, shape.width, channels] afterwards
 */
export async function resizeTogether(
  images: readonly { pixels: Uint8Array }[],
  size: Pick<ImageHeader, "height" | "width">,
  shape: ImageShape,
  { kernel }: Pick<ResizeParameters, "kernel">,
): Promise<void> {
  const { height, width, channels } = shape;
  const margin = stackMargin(size.height, height);
  if (!margin) throw new RangeError(`${size.height} rows cannot be reduced to ${height} together`);
  const tall = { height: images.length * (size.height + 2 * margin.rows), width: size.width };
  const reduced = { height: images.length * (height + 2 * margin.reducedRows), width };
  const pixels = await sharp(stack(images, size.width * channels, margin), {
    raw: { ...tall, channels: channels === 1 ? 1 : 3 },
    limitInputPixels: false,
  })
    .resize({ ...reduced, kernel, fit: "fill" })
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .raw()
    .toBuffer();
  const rowBytes = width * channels;
  for (const [i, image] of images.entries()) {
    const start = (i * (height + 2 * margin.reducedRows) + margin.reducedRows) * rowBytes;
    image.pixels = pixels.subarray(start, start + height * rowBytes);
  }
}

/** One upon the other, each between as many copies of its first and of its last row as the margin has. */
function stack(images: readonly { pixels: Uint8Array }[], rowBytes: number, { rows }: StackMargin): Uint8Array {
  const imageBytes = images[0]?.pixels.byteLength ?? 0;
  const stacked = new Uint8Array(images.length * (imageBytes + 2 * rows * rowBytes));
  let at = 0;
  const add = (bytes: Uint8Array) => {
    stacked.set(bytes, at);
    at += bytes.byteLength;
  };
  for (const { pixels } of images) {
    for (let row = 0; row < rows; row++) add(pixels.subarray(0, rowBytes));
    add(pixels);
    for (let row = 0; row < rows; row++) add(pixels.subarray(imageBytes - rowBytes));
  }
  return stacked;
}
