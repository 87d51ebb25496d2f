import { kolmogorovSmirnov } from "../../stats/kolmogorov-smirnov.ts";
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
    const rowsOf = (part: string) => [...samples.part.keys()].filter((row) => samples.part[row] === part);
    const train = rowsOf("train");
    const properties = {
      brightness: images.brightestShare,
      darkness: images.darkestShare,
      information: images.information,
      sharpness: images.sharpness,
    };
    let largest = { value: 0, what: "nothing to compare" };
    for (const part of ["validation", "test"]) {
      const rows = rowsOf(part);
      if (rows.length === 0 || train.length === 0) continue;
      for (const [name, values] of Object.entries(properties)) {
        const value =
          kolmogorovSmirnov(
            train.map((row) => values[row]!),
            rows.map((row) => values[row]!),
          ) ?? 0;
        if (value >= largest.value) largest = { value, what: `${name} of train and ${part} differ most, by ${value.toFixed(3)}` };
      }
    }
    return { value: largest.value, beyond: largest.value > threshold, message: largest.what, rows: [] };
  },
};
