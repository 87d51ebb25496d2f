import { cramersV } from "../../stats/association.ts";
import type { Rule } from "../rule.ts";

/**
 * Threshold: the largest association of label and given part, Cramér's V with bias correction, 0 to 1.
 * @see deepchecks, LabelDrift: 0.15
 */
export const labelDrift: Rule = {
  name: "label-drift",
  severity: "warn",
  threshold: 0.15,
  find({ samples, dataset: { classes } }, threshold) {
    const parts = ["train", "validation", "test"];
    const counts = parts.map(() => classes.map(() => 0));
    for (const [row, part] of samples.part.entries()) {
      const label = samples.label[row]!;
      if (part !== "" && label >= 0) counts[parts.indexOf(part)]![label]! += 1;
    }
    const value = cramersV(counts) ?? 0;
    const message = `label and given part are associated by Cramér's V ${value.toFixed(3)}`;
    return { value, beyond: value > threshold, message, rows: [] };
  },
};
