import type { Rule } from "../rule.ts";

/** Threshold: the smallest number of rows that each class must have. Empty classes are the rule empty-class's. */
export const classSize: Rule = {
  name: "class-size",
  severity: "fail",
  threshold: 10,
  find({ dataset: { classes }, classCounts }, threshold) {
    const present = classes.map((name, label) => ({ name, count: classCounts[label]! })).filter(({ count }) => count > 0);
    const value = present.reduce((least, { count }) => Math.min(least, count), present[0]?.count ?? 0);
    const small = present.filter(({ count }) => count < threshold).map(({ name, count }) => `${JSON.stringify(name)} ${count}`);
    const message =
      small.length === 0
        ? `the smallest class has ${value} rows`
        : `classes with fewer than ${threshold} rows: ${small.slice(0, 10).join(", ")}`;
    return { value, beyond: small.length > 0, message, rows: [] };
  },
};
