import type { AugmentParameters } from "./schema.ts";

/** Whether the parameters change any image at all. */
export function isEnabled({ rotation, shift, shear, zoom, flip }: AugmentParameters): boolean {
  return rotation > 0 || shift > 0 || shear > 0 || zoom > 0 || flip !== "none";
}
