/** How often each pair of values occurs: `counts[x][y]`, values in order of first appearance. */
export interface ContingencyTable {
  xValues: string[];
  yValues: string[];
  counts: number[][];
}

/** Counts pairs of two columns of equal length. */
export function contingencyTable(x: readonly string[], y: readonly string[]): ContingencyTable {
  const [xCodes, yCodes] = [codesOf(x), codesOf(y)];
  const counts = Array.from({ length: xCodes.values.length }, () => yCodes.values.map(() => 0));
  for (let i = 0; i < x.length; i++) counts[xCodes.codes[i]!]![yCodes.codes[i]!]! += 1;
  return { xValues: xCodes.values, yValues: yCodes.values, counts };
}

/**
 * Cramér's V with bias correction: strength of association of two categorical columns, 0 (none) to 1 (one follows from the other).
 * Null where a side has one value only. An effect size, not a test: with many rows every p-value is tiny.
 *
 * @see Bergsma 2013, "A bias-correction for Cramér's V and Tschuprow's T", equations 2 and 3
 */
export function cramersV(counts: readonly (readonly number[])[]): number | null {
  const rows = counts.filter((row) => sum(row) > 0);
  const columnTotals = (rows[0] ?? []).map((_, column) => sum(rows.map((row) => row[column]!)));
  const [rowCount, columnCount] = [rows.length, columnTotals.filter((value) => value > 0).length];
  const total = sum(columnTotals);
  if (rowCount < 2 || columnCount < 2 || total < 2) return null;
  const phi2 = chiSquare(rows, columnTotals, total) / total;
  const corrected = Math.max(0, phi2 - ((rowCount - 1) * (columnCount - 1)) / (total - 1));
  const smaller = Math.min(rowCount - (rowCount - 1) ** 2 / (total - 1), columnCount - (columnCount - 1) ** 2 / (total - 1));
  return smaller <= 1 ? null : Math.min(1, Math.sqrt(corrected / (smaller - 1)));
}

/**
 * Correlation ratio eta²: the share of a number's variance that lies between categories, 0 to 1. Null where the number does not vary.
 * @param categories category of each value; lengths must be equal
 */
export function etaSquared(values: readonly number[], categories: readonly string[]): number | null {
  const groups = new Map<string, { sum: number; count: number }>();
  for (const [i, value] of values.entries()) {
    const group = groups.get(categories[i]!) ?? { sum: 0, count: 0 };
    group.sum += value;
    group.count += 1;
    groups.set(categories[i]!, group);
  }
  const mean = sum(values) / values.length;
  const total = values.reduce((squares, value) => squares + (value - mean) ** 2, 0);
  if (values.length < 2 || total === 0) return null;
  const between = [...groups.values()].reduce(
    (squares, group) => squares + group.count * (group.sum / group.count - mean) ** 2,
    0,
  );
  return Math.min(1, between / total);
}

function chiSquare(rows: readonly (readonly number[])[], columnTotals: readonly number[], total: number): number {
  let chi2 = 0;
  for (const row of rows) {
    const rowTotal = sum(row);
    for (const [column, observed] of row.entries()) {
      const expected = (rowTotal * columnTotals[column]!) / total;
      if (expected > 0) chi2 += (observed - expected) ** 2 / expected;
    }
  }
  return chi2;
}

function codesOf(values: readonly string[]): { values: string[]; codes: number[] } {
  const known = new Map<string, number>();
  const codes = values.map((value) => {
    const code = known.get(value) ?? known.size;
    if (code === known.size) known.set(value, code);
    return code;
  });
  return { values: [...known.keys()], codes };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
