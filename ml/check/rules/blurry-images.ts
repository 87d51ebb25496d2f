import { lowScores } from "../low-scores.ts";
import type { Rule } from "../rule.ts";

/** Threshold: the smallest sharpness score that an image must have (CleanVision: 0.29). */
export const blurryImages: Rule = {
  name: "blurry-images",
  severity: "warn",
  threshold: 0.29,
  aboutImages: true,
  find: ({ images }, threshold) => lowScores(images.sharpness, threshold, "blurry"),
};
