import { quantile } from "../../stats/quantile.ts";
import type { Rule } from "../rule.ts";

/** Where pictures are all equally far from each other, an eighth of a grey level more or less is not odd. */
const leastSpread = 1;

/**
 * Threshold: by how many interquartile ranges an image's mean distance to the ten images most like it, in thumbnails of 8 × 8 grey values,
 * may lie above the upper quartile.
 * @see cleanlab Datalab, whose outliers by features have 1 / 0.37037 - 1
 */
export const outliers: Rule = {
  name: "outliers",
  severity: "info",
  threshold: 1.7,
  aboutImages: true,
  find({ neighbors }, threshold) {
    const { distances } = neighbors;
    const sorted = distances.toSorted();
    const [lower, upper] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
    const spread = Math.max(leastSpread, upper - lower);
    const excess = distances.map((distance) => Math.max(0, distance - upper) / spread);
    const rows = [...excess.keys()]
      .filter((row) => excess[row]! > threshold)
      .toSorted((a, b) => excess[b]! - excess[a]! || a - b);
    const message =
      rows.length === 0
        ? "no image lies far from all others"
        : `${rows.length} images are unlike all others; the first are farthest off`;
    return { value: excess.reduce((most, value) => Math.max(most, value), 0), beyond: rows.length > 0, message, rows };
  },
};
