import { wordDivergence } from "../../stats/drift.ts";
import { comparableColumns, largestDrift } from "../given-parts.ts";
import type { Rule } from "../rule.ts";

/**
 * Threshold: the largest Jensen–Shannon distance, 0 to 1, between a column's words in the train part the source gives and in another. Unlike
 * an association it does not shrink where the other part is small. Missing values are left out.
 * @see Evidently, data drift of categorical columns: Jensen–Shannon distance
 */
export const categoryDrift: Rule = {
  name: "category-drift",
  severity: "warn",
  threshold: 0.2,
  find(facts, threshold) {
    const columns = comparableColumns(facts).filter(({ type }) => type === "string");
    return largestDrift(
      facts.samples,
      ({ train, rows }) => Object.fromEntries(columns.map(({ name, values }) => [name, wordDivergence(values, train, rows)])),
      { threshold, alike: "no column's words differ between given parts" },
    );
  },
};
