import type { Rule } from "../rule.ts";

/** Threshold: the smallest number of classes that must have rows. */
export const singleClass: Rule = {
  name: "single-class",
  severity: "fail",
  threshold: 2,
  find({ classCounts }, threshold) {
    const value = classCounts.filter((count) => count > 0).length;
    const message = `${value} ${value === 1 ? "class has" : "classes have"} rows; nothing can be told apart with fewer than 2`;
    return { value, beyond: value < threshold, message, rows: [] };
  },
};
