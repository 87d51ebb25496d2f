import { contingencyTable, cramersV, etaSquared } from "../stats/association.ts";
import { pearson, spearman } from "../stats/correlation.ts";
import type { Column } from "./column-profile.ts";
import type { Correlations } from "./schema.ts";

export interface NamedColumn {
  name: string;
  type: "number" | "string";
  values: Column;
}

/** Pictures of more columns cannot be read, and every pair costs a pass. */
const columnLimit = 24;
/** Words with more values than this are names or free text, not categories. */
const valueLimit = 50;

/**
 * How strongly each two columns hang together, by the measure fit for their types; rows where one of them is null are left out.
 * Identifiers (words with very many values) and columns of one value are left out. Yields after each two.
 */
export function* correlations(columns: readonly NamedColumn[]): Generator<void, Correlations> {
  const used = columns.filter(varies).slice(0, columnLimit);
  const values = used.map((_, i) => used.map((__, j): number | null => (i === j ? 1 : null)));
  for (const [i, x] of used.entries()) {
    for (const [j, y] of used.slice(0, i).entries()) {
      values[i]![j] = values[j]![i] = associate(x, y);
      yield;
    }
  }
  const numbers = used.filter(({ type }) => type === "number");
  const ranked: Correlations["spearman"] = [];
  for (const [i, x] of numbers.entries()) {
    for (const y of numbers.slice(0, i)) {
      ranked.push({ x: x.name, y: y.name, value: spearman(...numberPairs(x.values, y.values)) });
      yield;
    }
  }
  return { names: used.map(({ name }) => name), values, spearman: ranked };
}

/** Pearson's r of numbers, Cramér's V of words, correlation ratio eta of one with the other. */
function associate(x: NamedColumn, y: NamedColumn): number | null {
  if (x.type === "number" && y.type === "number") return pearson(...numberPairs(x.values, y.values));
  const rows = [...x.values.keys()].filter((row) => x.values[row] !== null && y.values[row] !== null);
  const words = (column: NamedColumn) => rows.map((row) => String(column.values[row]));
  if (x.type === "string" && y.type === "string") return cramersV(contingencyTable(words(x), words(y)).counts);
  const [number, word] = x.type === "number" ? [x, y] : [y, x];
  const eta = etaSquared(
    rows.map((row) => Number(number.values[row])),
    words(word),
  );
  return eta === null ? null : Math.sqrt(eta);
}

function numberPairs(x: Column, y: Column): [number[], number[]] {
  const rows = [...x.keys()].filter((row) => x[row] !== null && y[row] !== null);
  return [rows.map((row) => Number(x[row])), rows.map((row) => Number(y[row]))];
}

function varies({ type, values }: NamedColumn): boolean {
  const unique = new Set(values.filter((value) => value !== null)).size;
  return unique > 1 && (type === "number" || unique <= valueLimit);
}
