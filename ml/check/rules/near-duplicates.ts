import { nearPairs } from "../near-pairs.ts";
import type { Rule } from "../rule.ts";

/** Below this size perceptual hashes of different images collide too often to mean anything. */
const smallestSide = 64;
const bitsApart = 4;

/**
 * Threshold: the largest share of rows that look like another, by perceptual hashes at most 4 of 64 bits apart. Images with equal pixels are
 * the rule exact-duplicates's. Sets of images smaller than 64 pixels are not asked.
 */
export const nearDuplicates: Rule = {
  name: "near-duplicates",
  severity: "warn",
  threshold: 0,
  aboutImages: true,
  find({ images, samples, dataset: { height, width, rowCount } }, threshold) {
    if (Math.min(height, width) < smallestSide) {
      return { value: 0, beyond: false, message: `images below ${smallestSide} pixels are not compared by looks`, rows: [] };
    }
    const candidates = samples.id.map((_, row) => row).filter((row) => images.constant[row] === 0);
    const pairs = nearPairs(images.hash, candidates, bitsApart).filter(([a, b]) => samples.sha256[a] !== samples.sha256[b]);
    const rows = [...new Set(pairs.flat())].toSorted((a, b) => a - b);
    const across = pairs.filter(([a, b]) => samples.part[a] !== samples.part[b]).length;
    const shown = pairs.slice(0, 5).map(([a, b]) => `${samples.id[a]} ~ ${samples.id[b]}`);
    const message =
      pairs.length === 0
        ? "no two different images look alike"
        : `${rows.length} images look like another: ${shown.join("; ")}${across > 0 ? `; ${across} pairs stand in different given parts` : ""}`;
    const value = rows.length / Math.max(1, rowCount);
    return { value, beyond: value > threshold, message, rows };
  },
};
