import type { Sharp } from "sharp";

import type { ImageShape, Pixels } from "../ml/explore/image-statistics.ts";
import type { Picture } from "../reports/pictures.ts";
import { sharp } from "../sharp.ts";

/** Longest side of a picture in a report, in pixels: about what it is shown at on a dense screen. */
const longestSide = 112;
/** Smaller pictures are kept to the pixel, larger ones may lose what is not seen. */
const losslessBelow = 64;
/** A page of more than a thousand pictures stays below 10 MB; photographs of this size seldom need as much. */
const mostBytes = 4096;
/** Of WebP; what is mere noise gets the last one, whatever it takes. */
const qualities = [78, 50, 25] as const;

/**
 * Makes a picture that stands in a page itself: gray, color, or color with transparency; of other channel counts the first.
 * @param image shape [height, width, channels], flattened
 * @param fullScale the value shown white; uint16 sets seldom use all of theirs
 */
export async function makePicture(
  image: Pixels,
  shape: ImageShape,
  fullScale: number,
  words: Pick<Picture, "alt" | "caption">,
): Promise<Picture> {
  const { bytes, channels } = toDisplay(image, shape.channels, fullScale);
  const { height, width } = shape;
  const shrunk = Math.min(1, longestSide / Math.max(height, width));
  const size = { width: Math.max(1, Math.round(width * shrunk)), height: Math.max(1, Math.round(height * shrunk)) };
  const pipeline = sharp(bytes, { raw: { width, height, channels } }).resize({ ...size, fit: "fill" });
  const { encoded, format } = await encode(pipeline, Math.max(height, width) < losslessBelow);
  return { dataUri: `data:image/${format};base64,${encoded.toString("base64")}`, ...size, ...words };
}

/** The best that fits: to the pixel where that is wanted, else with more and more left out. */
async function encode(pipeline: Sharp, isSmall: boolean): Promise<{ encoded: Buffer; format: "png" | "webp" }> {
  const lossless = isSmall ? await pipeline.clone().png({ compressionLevel: 9 }).toBuffer() : null;
  if (lossless && lossless.length <= mostBytes) return { encoded: lossless, format: "png" };
  let encoded = Buffer.alloc(0);
  for (const quality of qualities) {
    encoded = await pipeline.clone().webp({ quality }).toBuffer();
    if (encoded.length <= mostBytes) break;
  }
  return { encoded, format: "webp" };
}

function toDisplay(image: Pixels, channels: number, fullScale: number): { bytes: Uint8Array; channels: 1 | 3 | 4 } {
  const shown = channels === 3 || channels === 4 ? channels : 1;
  if (image instanceof Uint8Array && fullScale === 255 && shown === channels) return { bytes: image, channels: shown };
  const pixels = image.length / channels;
  const bytes = new Uint8Array(pixels * shown);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < shown; channel++) {
      const value = image[pixel * channels + channel] ?? 0;
      bytes[pixel * shown + channel] = Math.min(255, Math.round((value / fullScale) * 255));
    }
  }
  return { bytes, channels: shown };
}
