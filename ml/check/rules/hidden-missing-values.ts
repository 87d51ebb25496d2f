import { hiddenNullNumbers, isHiddenNullWord } from "../../stats/hidden-null.ts";
import type { Rule } from "../rule.ts";

/** Threshold: the largest share of rows, in any column, the class or the group, whose value only says that there is none: `unknown`, `NA`, -1 … */
export const hiddenMissingValues: Rule = {
  name: "hidden-missing-values",
  severity: "warn",
  threshold: 0,
  find({ dataset: { classes, columns, rowCount }, samples }, threshold) {
    const asked = [
      { name: "class", type: "string" as const, values: Array.from(samples.label, (label) => classes[label] ?? null) },
      { name: "group", type: "string" as const, values: samples.group.map((group) => (group === "" ? null : group)) },
      ...columns.map(({ name, type }) => ({ name, type, values: samples.columns[name] ?? [] })),
    ];
    const counts = asked
      .map(({ name, type, values }) => ({ name, values, rows: hiddenRows(values, type) }))
      .filter(({ rows }) => rows.length > 0);
    const most = counts.reduce((largest, { rows }) => Math.max(largest, rows.length), 0);
    const value = most / Math.max(1, rowCount);
    const say = ({ name, values, rows }: (typeof counts)[number]) =>
      `${name} ${rows.length} (${JSON.stringify(values[rows[0]!])})`;
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
