import { numberDrift } from "../../stats/drift.ts";
import { largestDrift } from "../given-parts.ts";
import type { Rule } from "../rule.ts";

/**
 * Threshold: the largest Kolmogorov–Smirnov distance, 0 to 1, of an image property between the train part the source gives and another. An
 * effect size: with many rows every p-value is tiny.
 * @see deepchecks, ImagePropertyDrift: 0.2
 */
export const imageDrift: Rule = {
  name: "image-drift",
  severity: "warn",
  threshold: 0.2,
  find({ samples, images }, threshold) {
    const properties = {
      brightness: images.brightestShare,
      darkness: images.darkestShare,
      information: images.information,
      sharpness: images.sharpness,
    };
    return largestDrift(
      samples,
      ({ train, rows }) =>
        Object.fromEntries(Object.entries(properties).map(([name, values]) => [name, numberDrift(values, train, rows)])),
      { threshold, alike: "no property of the images differs between given parts" },
    );
  },
};
