import { numberDrift, wordDrift } from "../../stats/drift.ts";
import type { Rule } from "../rule.ts";

/** Words with more values than this are identifiers: they differ between parts by nature. */
const valueLimit = 50;

/**
 * Threshold: the largest distance of a column between the train part the source gives and another: Kolmogorov–Smirnov of numbers, Cramér's V
 * of words with the part, 0 to 1 both.
 * @see deepchecks, FeatureDrift: 0.2
 */
export const columnDrift: Rule = {
  name: "column-drift",
  severity: "warn",
  threshold: 0.2,
  find({ samples, dataset: { columns } }, threshold) {
    const rowsOf = (part: string) => [...samples.part.keys()].filter((row) => samples.part[row] === part);
    const train = rowsOf("train");
    let largest = { value: 0, what: "no column differs between given parts" };
    for (const part of ["validation", "test"]) {
      const rows = rowsOf(part);
      if (rows.length === 0 || train.length === 0) continue;
      for (const { name, type } of columns) {
        const values = samples.columns[name] ?? [];
        if (type === "string" && new Set(values).size > valueLimit) continue;
        const value = (type === "number" ? numberDrift : wordDrift)(values, train, rows) ?? 0;
        if (value > largest.value) largest = { value, what: `${name} of train and ${part} differ most, by ${value.toFixed(3)}` };
      }
    }
    return { value: largest.value, beyond: largest.value > threshold, message: largest.what, rows: [] };
  },
};
