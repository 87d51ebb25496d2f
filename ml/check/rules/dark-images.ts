import { lowScores } from "../low-scores.ts";
import type { Rule } from "../rule.ts";

/** Threshold: the smallest 99th percentile of brightness, 0 to 1, that an image must have (CleanVision: 0.32). */
export const darkImages: Rule = {
  name: "dark-images",
  severity: "warn",
  threshold: 0.32,
  aboutImages: true,
  find: ({ images }, threshold) => lowScores(images.brightestShare, threshold, "dark"),
};
