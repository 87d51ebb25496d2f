import type { Rule } from "../rule.ts";

/** Threshold: the largest share of rows without a value in any column. Above 5 % it fails. */
export const missingValues: Rule = {
  name: "missing-values",
  severity: "warn",
  threshold: 0,
  failBeyond: 0.05,
  find({ dataset: { columns, rowCount }, samples }, threshold) {
    const counts = columns
      .map(({ name }) => ({ name, rows: rowsWithout(samples.columns[name] ?? []) }))
      .filter(({ rows }) => rows.length > 0);
    const most = counts.reduce((largest, { rows }) => Math.max(largest, rows.length), 0);
    const value = most / Math.max(1, rowCount);
    const shown = counts.slice(0, 10).map(({ name, rows }) => `${name} ${rows.length}`);
    const message = shown.length === 0 ? "no column lacks a value" : `values are missing: ${shown.join(", ")}`;
    return {
      value,
      beyond: value > threshold,
      message,
      rows: [...new Set(counts.flatMap(({ rows }) => rows))].toSorted((a, b) => a - b),
    };
  },
};

function rowsWithout(values: readonly (string | number | null)[]): number[] {
  return [...values.keys()].filter((row) => values[row] === null);
}
