import { contingencyTable } from "../../stats/association.ts";
import { jensenShannon } from "../../stats/jensen-shannon.ts";
import type { Rule } from "../rule.ts";

/** A column with more words than this names things: its words differ between parts by nature. */
const wordLimit = 50;

/**
 * Threshold: the largest Jensen–Shannon distance, 0 to 1, between a column's words in the train part the source gives and in another. Unlike
 * an association it does not shrink where the other part is small. Missing values are left out.
 * @see Evidently, data drift of categorical columns: Jensen–Shannon distance
 */
export const categoryDrift: Rule = {
  name: "category-drift",
  severity: "warn",
  threshold: 0.2,
  find({ samples, dataset: { columns } }, threshold) {
    let largest = { value: 0, what: "no column's words differ between given parts" };
    for (const { name, type } of columns) {
      const values = samples.columns[name] ?? [];
      const rows = [...samples.part.keys()].filter((row) => samples.part[row] !== "" && values[row] !== null);
      const words = rows.map((row) => String(values[row]));
      if (type !== "string" || new Set(words).size > wordLimit) continue;
      const { yValues, counts } = contingencyTable(
        words,
        rows.map((row) => samples.part[row]!),
      );
      const inPart = (part: string) => counts.map((row) => row[yValues.indexOf(part)] ?? 0);
      for (const part of ["validation", "test"]) {
        const value = jensenShannon(inPart("train"), inPart(part)) ?? 0;
        if (value > largest.value) largest = { value, what: `${name} of train and ${part} differ most, by ${value.toFixed(3)}` };
      }
    }
    return { value: largest.value, beyond: largest.value > threshold, message: largest.what, rows: [] };
  },
};
