import { lowScores } from "../low-scores.ts";
import type { Rule } from "../rule.ts";

/** Threshold: the smallest ratio of an image's shorter to its longer side, before resizing (CleanVision: 0.35). */
export const oddAspect: Rule = {
  name: "odd-aspect",
  severity: "warn",
  threshold: 0.35,
  aboutImages: true,
  find({ samples: { sourceSizes } }, threshold) {
    if (!sourceSizes) return { value: 1, beyond: false, message: "rows are no image files of their own aspects", rows: [] };
    const { heights, widths } = sourceSizes;
    const aspects = Float32Array.from(heights, (height, row) => Math.min(height / widths[row]!, widths[row]! / height));
    return lowScores(aspects, threshold, "very long or very wide");
  },
};
