import { violations } from "../column-violations.ts";
import type { Rule } from "../rule.ts";

/** Threshold: the largest number of values that are not of the type `check.columns` declares; a declared column that is absent counts as one. */
export const columnTypes: Rule = {
  name: "column-types",
  severity: "fail",
  threshold: 0,
  find: (facts, threshold) =>
    violations(facts, threshold, {
      isAsked: ({ type }) => type !== undefined,
      breaks: (value, { type }) => type === "number" && !isNumber(value),
      what: (_, { type }) => `${type}s were expected`,
      countsAbsent: true,
      fine: "every declared column is there, with values of its type",
    }),
};

function isNumber(value: string | number): boolean {
  return typeof value === "number" || (value.trim() !== "" && Number.isFinite(Number(value)));
}
