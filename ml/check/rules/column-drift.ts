import { numberDrift, wordDrift } from "../../stats/drift.ts";
import { comparableColumns, largestDrift } from "../given-parts.ts";
import type { Rule } from "../rule.ts";

/**
 * Threshold: the largest distance of a column between the train part the source gives and another: Kolmogorov–Smirnov of numbers, Cramér's V
 * of words with the part, 0 to 1 both.
 * @see deepchecks, FeatureDrift: 0.2
 */
export const columnDrift: Rule = {
  name: "column-drift",
  severity: "warn",
  threshold: 0.2,
  find(facts, threshold) {
    const columns = comparableColumns(facts);
    const drift = { number: numberDrift, string: wordDrift };
    return largestDrift(
      facts.samples,
      ({ train, rows }) => Object.fromEntries(columns.map(({ name, type, values }) => [name, drift[type](values, train, rows)])),
      { threshold, alike: "no column differs between given parts" },
    );
  },
};
