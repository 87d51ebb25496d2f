import { suspiciousLabels } from "../label-noise/suspicious-labels.ts";
import type { Rule } from "../rule.ts";

/**
 * Threshold: the largest share of labels that models of the train part which never saw the image would change. Asked by explore, once there
 * is a train part, where `check.labelNoise` wants it; it suggests and never edits.
 */
export const labelNoise: Rule = {
  name: "label-noise",
  severity: "warn",
  threshold: 0.05,
  needsOutOfFold: true,
  find({ outOfFold, samples, dataset: { classes } }, threshold) {
    const found = outOfFold ? suspiciousLabels(outOfFold, samples.label, classes.length) : [];
    const asked = outOfFold?.rows.length ?? 0;
    const value = found.length / Math.max(1, asked);
    const say = ({ row, suggested, confidence }: (typeof found)[number]) =>
      `${samples.id[row]} is rather ${JSON.stringify(classes[suggested])} (its own class: ${confidence.toFixed(3)})`;
    const message =
      found.length === 0
        ? `none of ${asked} labels looks wrong`
        : `${found.length} of ${asked} labels look wrong: ${found.slice(0, 5).map(say).join("; ")}`;
    return { value, beyond: value > threshold, message, rows: found.map(({ row }) => row) };
  },
};
