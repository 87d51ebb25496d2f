import type { ColumnExpectation } from "../schema.ts";
import { violations } from "../column-violations.ts";
import type { Rule } from "../rule.ts";

/** Threshold: the largest number of values outside the range, the list or the pattern that `check.columns` gives their column. Missing ones are missing-values's. */
export const columnValues: Rule = {
  name: "column-values",
  severity: "fail",
  threshold: 0,
  find: (facts, threshold) =>
    violations(facts, threshold, {
      isAsked: ({ min, max, values, pattern }) => [min, max, values, pattern].some((limit) => limit !== undefined),
      breaks: isOutside,
      what: (_, expected) => `${describe(expected)} was expected`,
      fine: "every value is as its column's range, list or pattern demands",
    }),
};

function isOutside(value: string | number, { min, max, values, pattern }: ColumnExpectation): boolean {
  const number = Number(value);
  return (
    (min !== undefined && !(number >= min)) ||
    (max !== undefined && !(number <= max)) ||
    (values !== undefined && !values.map(String).includes(String(value))) ||
    (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, "u").test(String(value)))
  );
}

function describe({ min, max, values, pattern }: ColumnExpectation): string {
  const parts = [
    min !== undefined || max !== undefined ? `${min ?? "-∞"} to ${max ?? "∞"}` : null,
    values === undefined ? null : `one of ${values.slice(0, 10).join(", ")}`,
    pattern === undefined ? null : `/${pattern}/`,
  ];
  return parts.filter((part) => part !== null).join(" and ");
}
