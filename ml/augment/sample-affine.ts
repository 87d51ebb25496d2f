import type { Random } from "../random.ts";
import type { AugmentParameters, Factor, Shift } from "./schema.ts";

/** One draw; applied alike to an image and whatever lies on it. Maps output to input: a zoom below 1 magnifies. */
export interface Affine {
  rotationRadians: number;
  /** In pixels. */
  shiftRows: number;
  shiftColumns: number;
  shearRadians: number;
  zoomRows: number;
  zoomColumns: number;
  flipHorizontal: boolean;
  flipVertical: boolean;
}

const radians = Math.PI / 180;

/** Draws how one image will be moved; always eight numbers, so that streams stay aligned whatever is switched on. */
export function sampleAffine(parameters: AugmentParameters, size: { height: number; width: number }, random: Random): Affine {
  const { rotation, shift, heightShift = shift, widthShift = shift, shear, zoom, flip } = parameters;
  return {
    rotationRadians: within(-rotation, rotation, random) * radians,
    shiftRows: sampleShift(heightShift, size.height, random),
    shiftColumns: sampleShift(widthShift, size.width, random),
    shearRadians: within(-shear, shear, random) * radians,
    zoomRows: sampleFactor(zoom, random),
    zoomColumns: sampleFactor(zoom, random),
    flipHorizontal: random() < 0.5 && (flip === "horizontal" || flip === "both"),
    flipVertical: random() < 0.5 && (flip === "vertical" || flip === "both"),
  };
}

/** An even draw from a factor's range; 1 where there is none. */
export function sampleFactor(range: Factor | undefined, random: Random): number {
  const [least, most] = typeof range === "object" ? range : [1 - (range ?? 0), 1 + (range ?? 0)];
  return within(least, most, random);
}

export function within(least: number, most: number, random: Random): number {
  return least + (most - least) * random();
}

/** Pixels. As Keras tells shares from pixels: by whether all are below 1. */
function sampleShift(range: Shift, length: number, random: Random): number {
  const largest = typeof range === "number" ? range : Math.max(...range);
  const drawn = typeof range === "number" ? within(-range, range, random) : range[Math.floor(random() * range.length)]!;
  return largest < 1 ? drawn * length : drawn;
}
