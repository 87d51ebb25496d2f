import type { Rule } from "../rule.ts";

/**
 * Threshold: the smallest size of the rarest class, as a share of what it would have if all classes were equal.
 * @see cleanlab Datalab, class_imbalance: rarest class below 0.1 / K
 */
export const classImbalance: Rule = {
  name: "class-imbalance",
  severity: "warn",
  threshold: 0.1,
  find({ dataset: { classes }, classCounts }, threshold) {
    const total = classCounts.reduce((sum, count) => sum + count, 0);
    const present = classes.map((name, label) => ({ name, count: classCounts[label]! })).filter(({ count }) => count > 0);
    const rarest = present.toSorted((a, b) => a.count - b.count)[0];
    const value = rarest && total > 0 ? (rarest.count * present.length) / total : 1;
    const message = rarest
      ? `the rarest class, ${JSON.stringify(rarest.name)}, has ${rarest.count} of ${total} rows; equal classes would have ${Math.round(total / present.length)}`
      : "no row has a label";
    return { value, beyond: value < threshold, message, rows: [] };
  },
};
