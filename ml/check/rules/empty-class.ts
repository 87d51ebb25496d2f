import type { Rule } from "../rule.ts";

/** Threshold: the largest number of classes without any row. */
export const emptyClass: Rule = {
  name: "empty-class",
  severity: "fail",
  threshold: 0,
  find({ dataset: { classes }, classCounts }, threshold) {
    const empty = classes.filter((_, label) => classCounts[label] === 0).map((name) => JSON.stringify(name));
    const message = empty.length === 0 ? "every class has rows" : `no row has the class ${empty.slice(0, 10).join(", ")}`;
    return { value: empty.length, beyond: empty.length > threshold, message, rows: [] };
  },
};
