import type { Random } from "../random.ts";
import type { AugmentParameters } from "./schema.ts";

/** One draw; applied alike to an image and whatever lies on it. Maps output to input: a zoom below 1 magnifies. */
export interface Affine {
  rotationRadians: number;
  /** Shares of height and width. */
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
export function sampleAffine(parameters: AugmentParameters, random: Random): Affine {
  const either = (largest: number) => (2 * random() - 1) * largest;
  const { rotation, shift, shear, zoom, flip } = parameters;
  return {
    rotationRadians: either(rotation) * radians,
    shiftRows: either(shift),
    shiftColumns: either(shift),
    shearRadians: either(shear) * radians,
    zoomRows: 1 + either(zoom),
    zoomColumns: 1 + either(zoom),
    flipHorizontal: random() < 0.5 && (flip === "horizontal" || flip === "both"),
    flipVertical: random() < 0.5 && (flip === "vertical" || flip === "both"),
  };
}
