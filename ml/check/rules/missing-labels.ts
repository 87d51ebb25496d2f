import type { Rule } from "../rule.ts";

/** Threshold: the largest number of rows without a label. */
export const missingLabels: Rule = {
  name: "missing-labels",
  severity: "fail",
  threshold: 0,
  find({ samples }, threshold) {
    const rows = [...samples.label.keys()].filter((row) => samples.label[row]! < 0);
    return { value: rows.length, beyond: rows.length > threshold, message: `${rows.length} rows have no label`, rows };
  },
};
