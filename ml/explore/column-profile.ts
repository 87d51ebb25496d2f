import { contingencyTable, cramersV, etaSquared } from "../stats/association.ts";
import { describe } from "../stats/describe.ts";
import { hiddenNullNumbers, isHiddenNullWord } from "../stats/hidden-null.ts";
import { naturalHistogram } from "../stats/histogram.ts";
import { classMeans } from "./image-properties.ts";
import type { ColumnProfile } from "./schema.ts";

export type Column = readonly (string | number | null)[];

const [topLimit, tableLimit, binCount] = [20, 12, 20];

/**
 * Describes one of the user's columns and how it hangs together with the class.
 * @param labels class code of each row, -1 = none; shape [rows]
 */
export function columnProfile(
  { name, type }: { name: string; type: "number" | "string" },
  values: Column,
  labels: Int32Array,
  classes: readonly string[],
): ColumnProfile {
  const present = values.filter((value) => value !== null);
  const counts = valueCounts(present);
  const numbers = type === "number" ? present.map(Number) : [];
  const hiddenNulls = [...counts]
    .filter(([value]) => isHiddenNull(value, type, numbers))
    .map(([value, count]) => ({ value, count }));
  const description = describe(numbers);
  return {
    name,
    type,
    nulls: values.length - present.length,
    hiddenNulls,
    unique: counts.size,
    description,
    histogram: description === null ? null : naturalHistogram(numbers, binCount),
    top: frequent(counts, topLimit),
    target: type === "number" ? numberByClass(values, labels, classes) : wordByClass(values, labels, classes, counts),
  };
}

function wordByClass(
  values: Column,
  labels: Int32Array,
  classes: readonly string[],
  counts: Map<string, number>,
): ColumnProfile["target"] {
  const rows = [...labels.keys()].filter((row) => labels[row]! >= 0 && values[row] !== null);
  const table = contingencyTable(
    rows.map((row) => String(values[row])),
    rows.map((row) => String(labels[row])),
  );
  const codes = table.yValues.map(Number);
  const shown = frequent(counts, tableLimit).filter(({ value }) => table.xValues.includes(value));
  return {
    measure: "cramersV",
    value: cramersV(table.counts),
    table: shown.map(({ value }) => {
      const line = table.counts[table.xValues.indexOf(value)]!;
      return { value, perClass: classes.map((_, code) => (codes.includes(code) ? line[codes.indexOf(code)]! : 0)) };
    }),
    classMeans: [],
  };
}

function numberByClass(values: Column, labels: Int32Array, classes: readonly string[]): ColumnProfile["target"] {
  const numbers = values.map((value) => (value === null ? Number.NaN : Number(value)));
  const rows = [...labels.keys()].filter((row) => labels[row]! >= 0 && Number.isFinite(numbers[row]));
  return {
    measure: "etaSquared",
    value: etaSquared(
      rows.map((row) => numbers[row]!),
      rows.map((row) => String(labels[row])),
    ),
    table: [],
    classMeans: classMeans(numbers, labels, classes.length),
  };
}

function valueCounts(values: readonly (string | number)[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  return counts;
}

function frequent(counts: Map<string, number>, limit: number): { value: string; count: number }[] {
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return sorted.slice(0, limit).map(([value, count]) => ({ value, count }));
}

function isHiddenNull(value: string, type: "number" | "string", numbers: readonly number[]): boolean {
  return type === "string" ? isHiddenNullWord(value) : hiddenNullNumbers(numbers).has(Number(value));
}
