import type { Dataset } from "../ingest/schema.ts";
import { averageBlocks } from "./average-blocks.ts";
import { thumbnailSide } from "./nearest-neighbors.ts";
import { perceptualHash } from "./perceptual-hash.ts";
import { sharpnessScore } from "./sharpness.ts";

type StoredImages = Pick<Dataset, "height" | "width" | "channels" | "dtype">;

/** What is measured of each image, one value a row. Rows of two shards are joined by writing one behind the other. */
export interface ImageStatistics {
  /** 99th percentile of brightness, 0 (black) to 1: the darkest images have the lowest. */
  brightestShare: Float32Array;
  /** 1 minus the 5th percentile of brightness: overexposed images have the lowest. */
  darkestShare: Float32Array;
  /** min(1, a tenth of the entropy in bits of the histogram of all channels). */
  information: Float32Array;
  /** CleanVision's sharpness: blurry images have the lowest. */
  sharpness: Float32Array;
  /** Perceptual hash; 0 where images are smaller than 32 pixels. */
  hash: BigUint64Array;
  /** 1 where all pixels are equal, else 0. */
  constant: Uint8Array;
  /** 1 where three channels are equal in every pixel, else 0. */
  grey: Uint8Array;
  /** Means of 8 × 8 blocks of grey, shape [rows, 64]. */
  thumbnails: Uint8Array;
}

const levels = 256;
const smallestHashedSide = 32;

export function emptyStatistics(rowCount: number): ImageStatistics {
  return {
    brightestShare: new Float32Array(rowCount),
    darkestShare: new Float32Array(rowCount),
    information: new Float32Array(rowCount),
    sharpness: new Float32Array(rowCount),
    hash: new BigUint64Array(rowCount),
    constant: new Uint8Array(rowCount),
    grey: new Uint8Array(rowCount),
    thumbnails: new Uint8Array(rowCount * thumbnailSide ** 2),
  };
}

/**
 * Measures the rows of one shard and enters them at their place; one pass, a histogram an image. Yields after each.
 *
 * Brightness is sqrt(.241 R² + .691 G² + .068 B²), or the first channel where there are not three, in 256 levels: percentiles are exact to
 * 1/255 (grey uint8: exactly numpy's).
 *
 * @see CleanVision, image_property.py, whose definitions these are
 */
export function* measureImages(
  pixels: Uint8Array | Uint16Array,
  firstRow: number,
  images: StoredImages,
  statistics: ImageStatistics,
): Generator<void, void> {
  const { height, width, channels, dtype } = images;
  const valuesPerRow = height * width * channels;
  const rows = pixels.length / valuesPerRow;
  const shift = dtype === "uint8" ? 0 : 8;
  const histograms = new Uint32Array(levels * channels);
  const brightness = new Uint32Array(levels);
  const grey = new Float32Array(height * width);
  for (let row = 0; row < rows; row++) {
    const image = pixels.subarray(row * valuesPerRow, (row + 1) * valuesPerRow);
    countLevels(image, channels, shift, histograms);
    const brightnesses = channels === 3 ? countBrightness(image, shift, brightness) : histograms.subarray(0, levels);
    const at = firstRow + row;
    statistics.brightestShare[at] = percentile(brightnesses, height * width, 0.99) / (levels - 1);
    statistics.darkestShare[at] = 1 - percentile(brightnesses, height * width, 0.05) / (levels - 1);
    statistics.information[at] = Math.min(1, 0.1 * entropyBits(histograms, valuesPerRow));
    toGrey(image, channels, shift, grey);
    statistics.sharpness[at] = sharpnessScore(grey, height, width);
    if (Math.min(height, width) >= smallestHashedSide) statistics.hash[at] = perceptualHash(grey, height, width);
    statistics.grey[at] = channels === 3 && isGrey(image) ? 1 : 0;
    const thumbnail = averageBlocks(grey, images, [thumbnailSide, thumbnailSide]).map(Math.round);
    statistics.thumbnails.set(thumbnail, at * thumbnailSide ** 2);
    statistics.constant[at] = isConstant(image, channels) ? 1 : 0;
    yield;
  }
}

/** Luma as Pillow's convert("L") weighs it; the first channel where there are not three. */
function toGrey(image: Uint8Array | Uint16Array, channels: number, shift: number, grey: Float32Array): void {
  for (let i = 0, from = 0; i < grey.length; i++, from += channels) {
    grey[i] =
      channels === 3
        ? Math.round((0.299 * image[from]! + 0.587 * image[from + 1]! + 0.114 * image[from + 2]!) / (1 << shift))
        : image[from]! >> shift;
  }
}

function countLevels(image: Uint8Array | Uint16Array, channels: number, shift: number, histograms: Uint32Array): void {
  histograms.fill(0);
  if (channels === 1) for (let i = 0; i < image.length; i++) histograms[image[i]! >> shift]!++;
  else for (let i = 0; i < image.length; i++) histograms[(i % channels) * levels + (image[i]! >> shift)]!++;
}

function countBrightness(image: Uint8Array | Uint16Array, shift: number, histogram: Uint32Array): Uint32Array {
  histogram.fill(0);
  for (let i = 0; i < image.length; i += 3) {
    const [red, green, blue] = [image[i]! >> shift, image[i + 1]! >> shift, image[i + 2]! >> shift];
    const value = Math.sqrt(0.241 * red * red + 0.691 * green * green + 0.068 * blue * blue);
    histogram[Math.min(levels - 1, Math.round(value))]!++;
  }
  return histogram;
}

/** numpy's linear percentile of the values a histogram counts. */
function percentile(histogram: Uint32Array, count: number, share: number): number {
  const position = share * (count - 1);
  const below = Math.floor(position);
  let seen = 0;
  for (let level = 0; level < levels; level++) {
    seen += histogram[level]!;
    if (seen <= below) continue;
    if (seen > below + 1 || position === below) return level;
    let next = level + 1;
    while (next < levels - 1 && histogram[next] === 0) next++;
    return level + (position - below) * (next - level);
  }
  return levels - 1;
}

function entropyBits(histogram: Uint32Array, count: number): number {
  let bits = 0;
  for (let i = 0; i < histogram.length; i++) {
    const share = histogram[i]! / count;
    if (share > 0) bits -= share * Math.log2(share);
  }
  return bits;
}

function isConstant(image: Uint8Array | Uint16Array, channels: number): boolean {
  for (let i = channels; i < image.length; i++) if (image[i] !== image[i - channels]) return false;
  return true;
}

function isGrey(image: Uint8Array | Uint16Array): boolean {
  for (let i = 0; i < image.length; i += 3) if (image[i] !== image[i + 1] || image[i] !== image[i + 2]) return false;
  return true;
}
