import type { Rule } from "../rule.ts";

/** Threshold: the largest number of sets of identical images whose labels differ; rows without one are missing-labels's. */
export const contradictingLabels: Rule = {
  name: "contradicting-labels",
  severity: "fail",
  threshold: 0,
  find({ duplicateSets, samples, dataset: { classes } }, threshold) {
    const sets = duplicateSets
      .map((rows) => rows.filter((row) => samples.label[row]! >= 0))
      .filter((rows) => rows.some((row) => samples.label[row] !== samples.label[rows[0]!]));
    const say = (row: number) => `${samples.id[row]} is ${JSON.stringify(classes[samples.label[row]!])}`;
    const shown = sets.slice(0, 5).map((rows) => rows.slice(0, 4).map(say).join(", "));
    const message =
      sets.length === 0
        ? "identical images have the same label"
        : `${sets.length} sets of identical images have different labels: ${shown.join("; ")}`;
    return { value: sets.length, beyond: sets.length > threshold, message, rows: sets.flat() };
  },
};
