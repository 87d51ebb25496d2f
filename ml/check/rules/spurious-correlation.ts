import { predictability } from "../predictability.ts";
import type { Rule } from "../rule.ts";

/**
 * Threshold: how much of what always answering with the largest class gets wrong a single property of the images (brightness, size …) may
 * get right, 0 to 1: a model would learn that instead of what is shown.
 * @see cleanlab Datalab, spurious_correlations: a score below 0.3, which is 1 minus this
 */
export const spuriousCorrelation: Rule = {
  name: "spurious-correlation",
  severity: "warn",
  threshold: 0.7,
  find({ samples, images, dataset: { classes } }, threshold) {
    const { heights, widths } = samples.sourceSizes ?? { heights: null, widths: null };
    const properties: Record<string, ArrayLike<number>> = {
      "brightness of the lightest pixels": images.brightestShare,
      "brightness of the darkest pixels": images.darkestShare,
      information: images.information,
      sharpness: images.sharpness,
      ...(heights && widths
        ? {
            "size before resizing": Float64Array.from(heights, (height, row) => Math.sqrt(height * widths[row]!)),
            "aspect before resizing": Float64Array.from(heights, (height, row) => height / widths[row]!),
          }
        : {}),
    };
    const gains = Object.entries(properties)
      .map(([name, values]) => ({ name, gain: predictability(values, samples.label, classes.length) }))
      .toSorted((a, b) => b.gain - a.gain);
    const [first] = gains;
    const value = first?.gain ?? 0;
    const message = `the class follows most from ${first?.name}: it alone puts right ${(100 * value).toFixed(0)} % of what guessing the largest class gets wrong`;
    return { value, beyond: value > threshold, message, rows: [] };
  },
};
