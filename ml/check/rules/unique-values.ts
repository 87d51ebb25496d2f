import { columnOf } from "../column-violations.ts";
import type { Rule } from "../rule.ts";

/** Threshold: the largest number of values that occur again in a column which `check.columns` declares unique. */
export const uniqueValues: Rule = {
  name: "unique-values",
  severity: "fail",
  threshold: 0,
  find(facts, threshold) {
    const asked = Object.entries(facts.expected).filter(([, { unique }]) => unique === true);
    const found = asked
      .map(([name]) => ({ name, rows: repeated(columnOf(facts, name) ?? []) }))
      .filter(({ rows }) => rows.length > 0);
    const rows = found.flatMap((column) => column.rows);
    const message =
      rows.length === 0
        ? "no value repeats where it must not"
        : `values repeat: ${found.map((column) => `${column.name} ${column.rows.length}`).join(", ")}`;
    return { value: rows.length, beyond: rows.length > threshold, message, rows };
  },
};

/** Rows whose value an earlier row has; missing values repeat nothing. */
function repeated(values: readonly (string | number | null)[]): number[] {
  const seen = new Set<string | number>();
  return [...values.keys()].filter((row) => {
    const value = values[row];
    if (value === null || value === undefined) return false;
    if (seen.has(value)) return true;
    seen.add(value);
    return false;
  });
}
