import { quantile } from "../../stats/quantile.ts";
import type { Rule } from "../rule.ts";

/** Where sizes hardly vary, a pixel more or less is not odd. */
const leastSpread = 1;

/**
 * Threshold: by how many interquartile ranges the side of a square of an image's area, before resizing, may lie outside the quartiles
 * (CleanVision: 3).
 */
export const oddSize: Rule = {
  name: "odd-size",
  severity: "warn",
  threshold: 3,
  aboutImages: true,
  find({ samples: { sourceSizes } }, threshold) {
    if (!sourceSizes) return { value: 0, beyond: false, message: "rows are no image files of their own sizes", rows: [] };
    const { heights, widths } = sourceSizes;
    const sides = Float64Array.from(heights, (height, row) => Math.sqrt(height * widths[row]!));
    const sorted = sides.toSorted();
    const [lower, upper] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
    const spread = Math.max(leastSpread, upper - lower);
    const distances = sides.map((side) => Math.max(0, lower - side, side - upper) / spread);
    const rows = [...distances.keys()]
      .filter((row) => distances[row]! > threshold)
      .toSorted((a, b) => distances[b]! - distances[a]! || a - b);
    const shown = rows.slice(0, 5).map((row) => `${heights[row]}×${widths[row]}`);
    const message =
      rows.length === 0
        ? "no image is of an odd size"
        : `${rows.length} images are of odd sizes (half are of ${Math.round(lower)}² to ${Math.round(upper)}² pixels): ${shown.join(", ")}`;
    return { value: distances.reduce((most, distance) => Math.max(most, distance), 0), beyond: rows.length > 0, message, rows };
  },
};
