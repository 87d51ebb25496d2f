import { hiddenNullNumbers, isHiddenNullWord } from "../../stats/hidden-null.ts";
import type { Rule } from "../rule.ts";

/** Threshold: the largest share of rows, in any column, whose value only says that there is none: `unknown`, `NA`, -1 … */
export const hiddenMissingValues: Rule = {
  name: "hidden-missing-values",
  severity: "warn",
  threshold: 0,
  find({ dataset: { columns, rowCount }, samples }, threshold) {
    const counts = columns
      .map(({ name, type }) => ({ name, rows: hiddenRows(samples.columns[name] ?? [], type) }))
      .filter(({ rows }) => rows.length > 0);
    const most = counts.reduce((largest, { rows }) => Math.max(largest, rows.length), 0);
    const value = most / Math.max(1, rowCount);
    const say = ({ name, rows }: (typeof counts)[number]) =>
      `${name} ${rows.length} (${JSON.stringify(samples.columns[name]?.[rows[0]!])})`;
    const message =
      counts.length === 0
        ? "no value hides a missing one"
        : `values that say nothing: ${counts.slice(0, 10).map(say).join(", ")}`;
    return {
      value,
      beyond: value > threshold,
      message,
      rows: [...new Set(counts.flatMap(({ rows }) => rows))].toSorted((a, b) => a - b),
    };
  },
};

function hiddenRows(values: readonly (string | number | null)[], type: "number" | "string"): number[] {
  const rows = [...values.keys()].filter((row) => values[row] !== null);
  if (type === "string") return rows.filter((row) => isHiddenNullWord(String(values[row])));
  const numbers = hiddenNullNumbers(values);
  return rows.filter((row) => numbers.has(Number(values[row])));
}
