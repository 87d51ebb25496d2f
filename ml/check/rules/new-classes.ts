import type { Rule } from "../rule.ts";

/** Threshold: the largest number of classes that stand in a given validation or test part, but not in the given train part. */
export const newClasses: Rule = {
  name: "new-classes",
  severity: "warn",
  threshold: 0,
  find({ samples, dataset: { classes } }, threshold) {
    const known = new Set<number>();
    for (const [row, part] of samples.part.entries()) if (part === "train") known.add(samples.label[row]!);
    const isNew = (row: number) => samples.part[row] !== "" && samples.label[row]! >= 0 && !known.has(samples.label[row]!);
    // Without a given train part the split cuts one, and takes care of classes.
    const rows = known.size === 0 ? [] : [...samples.label.keys()].filter(isNew);
    const found = new Set(rows.map((row) => samples.label[row]!));
    const names = [...found].slice(0, 10).map((label) => JSON.stringify(classes[label]));
    const message =
      found.size === 0 ? "no given part has a class of its own" : `classes that the given train part lacks: ${names.join(", ")}`;
    return { value: found.size, beyond: found.size > threshold, message, rows };
  },
};
