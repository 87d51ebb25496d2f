import { averageBlocks } from "./average-blocks.ts";

const largestSide = 64;
const levels = 256;

/** Below it the spread of the histogram says nothing about sharpness. */
const smallestHistogramScore = 0.18;

/**
 * CleanVision's sharpness score: low where an image is blurry. Edges are found in the image reduced to at most 64 pixels; the spread of the
 * grey histogram of the whole image helps drawings and glyphs, which have few edges.
 *
 * @param grey [height, width], 0 to 255
 * @see CleanVision, image_property.py, BlurrinessProperty. It reduces by Pillow's bicubic; here blocks are averaged
 */
export function sharpnessScore(grey: Float32Array, height: number, width: number): number {
  const small = reduce(grey, height, width);
  const edges = 1 - Math.exp(-0.01 * deviation(findEdges(small.grey, small.height, small.width)));
  const histogram = new Float64Array(levels);
  for (let i = 0; i < grey.length; i++) histogram[Math.min(levels - 1, Math.round(grey[i]!))]! += 1;
  const spread = 1 - Math.exp(-0.01 * deviation(histogram));
  return edges + (spread > smallestHistogramScore ? spread : 0);
}

function reduce(grey: Float32Array, height: number, width: number): { grey: Float32Array; height: number; width: number } {
  const ratio = Math.max(height, width) / largestSide;
  if (ratio <= 1) return { grey, height, width };
  const [rows, columns] = [Math.max(1, Math.floor(height / ratio)), Math.max(1, Math.floor(width / ratio))];
  return { grey: averageBlocks(grey, { height, width }, [rows, columns]), height: rows, width: columns };
}

/** Pillow's FIND_EDGES: eight times a pixel less its neighbours, clipped to 0–255; the border is left as it is. */
function findEdges(grey: Float32Array, height: number, width: number): Float64Array {
  const edges = Float64Array.from(grey);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      let sum = 9 * grey[at]!;
      for (let dy = -width; dy <= width; dy += width) for (let dx = -1; dx <= 1; dx++) sum -= grey[at + dy + dx]!;
      edges[at] = Math.min(255, Math.max(0, sum));
    }
  }
  return edges;
}

function deviation(values: Float64Array): number {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    sum += values[i]!;
    squares += values[i]! * values[i]!;
  }
  const mean = sum / values.length;
  return Math.sqrt(Math.max(0, squares / values.length - mean * mean));
}
