import type { Dataset } from "../../ingest/schema.ts";
import { averageBlocks } from "../average-blocks.ts";
import { gradientHistogram, gradientHistogramSize, lookedAtSide } from "./gradient-histogram.ts";

type ImageShape = Pick<Dataset, "height" | "width" | "channels" | "dtype">;

const [hues, saturations, values] = [8, 4, 4];
const colorSize = hues * saturations * values;

export function featureCount({ channels }: Pick<Dataset, "channels">): number {
  return gradientHistogramSize + (channels === 3 ? colorSize : 0);
}

/**
 * What a cheap model is told of a picture: its edges (histograms of oriented gradients) and, where it has color, the square roots of how much
 * of each color it holds. Shape [featureCount].
 *
 * @param image shape [height, width, channels], flattened
 */
export function pictureFeatures(image: Uint8Array | Uint16Array, shape: ImageShape): Float32Array {
  const scale = shape.dtype === "uint8" ? 255 : 65_535;
  const planes = Array.from({ length: shape.channels }, (_, channel) => {
    const plane = Float32Array.from(
      { length: shape.height * shape.width },
      (__, i) => image[i * shape.channels + channel]! / scale,
    );
    return toLookedAtSize(plane, shape.height, shape.width);
  });
  const features = new Float32Array(featureCount(shape));
  features.set(gradientHistogram(planes));
  if (shape.channels === 3) features.set(colorHistogram(planes), gradientHistogramSize);
  return features;
}

/** Blocks are averaged where the picture is larger; where it is smaller, pixels are interpolated linearly. */
function toLookedAtSize(plane: Float32Array, height: number, width: number): Float32Array {
  if (height === lookedAtSide && width === lookedAtSide) return plane;
  if (height > lookedAtSide && width > lookedAtSide) return averageBlocks(plane, { height, width }, [lookedAtSide, lookedAtSide]);
  return Float32Array.from({ length: lookedAtSide * lookedAtSide }, (_, i) => {
    const y = place(Math.floor(i / lookedAtSide), height);
    const x = place(i % lookedAtSide, width);
    const line = (row: number) => plane[row * width + x.low]! * (1 - x.part) + plane[row * width + x.high]! * x.part;
    return line(y.low) * (1 - y.part) + line(y.high) * y.part;
  });
}

function place(position: number, size: number): { low: number; high: number; part: number } {
  const at = Math.min(size - 1, Math.max(0, ((position + 0.5) * size) / lookedAtSide - 0.5));
  const low = Math.floor(at);
  return { low, high: Math.min(size - 1, low + 1), part: at - low };
}

/** Square roots of counts by hue, saturation and value, shape [8, 4, 4]. */
function colorHistogram(planes: readonly Float32Array[]): Float32Array {
  const [red = [], green = [], blue = []] = planes;
  const counts = new Float32Array(colorSize);
  for (let i = 0; i < lookedAtSide * lookedAtSide; i++) {
    const [r, g, b] = [red[i]!, green[i]!, blue[i]!];
    const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
    const bin = (value: number, bins: number) => Math.min(bins - 1, Math.floor(value * bins));
    const saturation = most === 0 ? 0 : (most - least) / most;
    counts[(bin(hueOf(r, g, b), hues) * saturations + bin(saturation, saturations)) * values + bin(most, values)]! += 1;
  }
  return counts.map(Math.sqrt);
}

/** Hue, 0 to 1; 0 of a grey. */
function hueOf(r: number, g: number, b: number): number {
  const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
  const range = most - least;
  if (range === 0) return 0;
  const sixth = most === r ? (g - b) / range : most === g ? 2 + (b - r) / range : 4 + (r - g) / range;
  return ((sixth + 6) % 6) / 6;
}
