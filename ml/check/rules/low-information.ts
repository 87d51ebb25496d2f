import { lowScores } from "../low-scores.ts";
import type { Rule } from "../rule.ts";

/** Threshold: the smallest tenth of the entropy, in bits, of an image's histogram (CleanVision: 0.3). */
export const lowInformation: Rule = {
  name: "low-information",
  severity: "warn",
  threshold: 0.3,
  aboutImages: true,
  find: ({ images }, threshold) => lowScores(images.information, threshold, "nearly empty"),
};
