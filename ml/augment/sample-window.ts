import type { Random } from "../random.ts";

/** Rows from `top` to before `bottom`, columns from `left` to before `right`, within the image. */
export interface Window {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

/**
 * A window with its center anywhere in the image, cut off at the image's edges; two draws.
 *
 * @param share of height and width
 * @see DeVries and Taylor 2017, "Improved Regularization of Convolutional Neural Networks with Cutout"; Yun et al. 2019, "CutMix"
 */
export function sampleWindow(share: number, size: { height: number; width: number }, random: Random): Window {
  const [top, bottom] = interval(share, size.height, random);
  const [left, right] = interval(share, size.width, random);
  return { top, left, bottom, right };
}

function interval(share: number, length: number, random: Random): [number, number] {
  const wanted = Math.round(share * length);
  const start = Math.floor(random() * length) - Math.floor(wanted / 2);
  return [Math.max(0, start), Math.min(length, start + wanted)];
}
