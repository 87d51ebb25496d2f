import type { AugmentParameters } from "./schema.ts";

/**
 * What is drawn, in the order in which it is applied, with how many numbers each takes:
 * warp: the matrix of ImageProjectiveTransformV3; channelShift, brightness, contrast, saturation, hue: one number each;
 * noise: where in the noise table; cutout: the window's top, left, bottom, right in pixels;
 * mix: the own label's share, the own pixels' share outside the window, and the window pasted in.
 */
const sizes = {
  warp: 8,
  channelShift: 1,
  brightness: 1,
  contrast: 1,
  saturation: 1,
  hue: 1,
  noise: 1,
  cutout: 4,
  mix: 6,
} as const;
export type DrawKind = keyof typeof sizes;

/** Where the numbers of each kind that is switched on stand among the numbers drawn for an image. */
export interface DrawLayout {
  /** Numbers an image. */
  width: number;
  columns: Readonly<Partial<Record<DrawKind, { start: number; size: number }>>>;
}

export function drawLayout(parameters: AugmentParameters): DrawLayout {
  const columns: Partial<Record<DrawKind, { start: number; size: number }>> = {};
  let width = 0;
  for (const kind of Object.keys(sizes) as DrawKind[]) {
    if (!isDrawn(kind, parameters)) continue;
    columns[kind] = { start: width, size: sizes[kind] };
    width += sizes[kind];
  }
  return { width, columns };
}

/** Whether images are mixed with others, so that a batch needs twice as many. */
export function mixesImages({ mixUp, cutMix }: AugmentParameters): boolean {
  return mixUp !== undefined || cutMix !== undefined;
}

/** Whether the parameters change any image at all. */
export function isEnabled(parameters: AugmentParameters): boolean {
  return drawLayout(parameters).width > 0;
}

function isDrawn(kind: DrawKind, parameters: AugmentParameters): boolean {
  if (kind === "warp") return isWarped(parameters);
  if (kind === "mix") return mixesImages(parameters);
  return changes(parameters[kind], kind === "brightness" || kind === "contrast" || kind === "saturation" ? 1 : 0);
}

function isWarped({ rotation, shift, widthShift, heightShift, shear, zoom, flip }: AugmentParameters): boolean {
  const shifts = [widthShift ?? shift, heightShift ?? shift];
  return rotation > 0 || shear > 0 || flip !== "none" || changes(zoom, 1) || shifts.some((one) => changes(one, 0));
}

/** Whether a range holds anything but the neutral value. */
function changes(range: number | readonly number[] | undefined, neutral: number): boolean {
  if (range === undefined) return false;
  return typeof range === "number" ? range > 0 : range.some((end) => end !== neutral);
}
