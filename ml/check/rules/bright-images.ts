import { lowScores } from "../low-scores.ts";
import type { Rule } from "../rule.ts";

/** Threshold: the smallest value of 1 minus the 5th percentile of brightness that an image must have (CleanVision: 0.05). */
export const brightImages: Rule = {
  name: "bright-images",
  severity: "warn",
  threshold: 0.05,
  aboutImages: true,
  find: ({ images }, threshold) => lowScores(images.darkestShare, threshold, "overexposed"),
};
