import { smallestComparedSide } from "../look-alikes.ts";
import type { Rule } from "../rule.ts";

/**
 * Threshold: the largest share of rows that look like another, by perceptual hash. Images with equal pixels are the rule exact-duplicates's.
 * Sets of images smaller than 64 pixels are not asked.
 */
export const nearDuplicates: Rule = {
  name: "near-duplicates",
  severity: "warn",
  threshold: 0,
  aboutImages: true,
  find({ lookAlikes: pairs, samples, dataset: { height, width, rowCount } }, threshold) {
    if (Math.min(height, width) < smallestComparedSide) {
      return {
        value: 0,
        beyond: false,
        message: `images below ${smallestComparedSide} pixels are not compared by looks`,
        rows: [],
      };
    }
    const rows = [...new Set(pairs.flat())].toSorted((a, b) => a - b);
    const shown = pairs.slice(0, 5).map(([a, b]) => `${samples.id[a]} ~ ${samples.id[b]}`);
    const message =
      pairs.length === 0 ? "no two different images look alike" : `${rows.length} images look like another: ${shown.join("; ")}`;
    const value = rows.length / Math.max(1, rowCount);
    return { value, beyond: value > threshold, message, rows };
  },
};
