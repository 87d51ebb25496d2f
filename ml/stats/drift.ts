import { contingencyTable, cramersV } from "./association.ts";
import { jensenShannon } from "./jensen-shannon.ts";
import { kolmogorovSmirnov } from "./kolmogorov-smirnov.ts";

type Values = ArrayLike<string | number | null>;

/** Kolmogorov–Smirnov distance of a number between some rows and others, 0 to 1; missing values are left out. Null where a side has none. */
export function numberDrift(values: Values, own: readonly number[], other: readonly number[]): number | null {
  const pick = (rows: readonly number[]) =>
    rows
      .map((row) => values[row]!)
      .filter((value) => value !== null)
      .map(Number)
      .filter(Number.isFinite);
  return kolmogorovSmirnov(pick(own), pick(other));
}

/** Association of a word with the side it stands on, Cramér's V, 0 where both have the same shares; missing values are left out. */
export function wordDrift(values: Values, own: readonly number[], other: readonly number[]): number | null {
  return cramersV(countWords(values, own, other).counts);
}

/** Jensen–Shannon distance of the shares of words on both sides, 0 to 1; missing values are left out. Null where a side has none. */
export function wordDivergence(values: Values, own: readonly number[], other: readonly number[]): number | null {
  const { yValues, counts } = countWords(values, own, other);
  const on = (side: string) => counts.map((row) => row[yValues.indexOf(side)] ?? 0);
  return jensenShannon(on("own"), on("other"));
}

/** Counts by word and side. */
function countWords(values: Values, own: readonly number[], other: readonly number[]): ReturnType<typeof contingencyTable> {
  const rows = [...own.map((row) => [row, "own"] as const), ...other.map((row) => [row, "other"] as const)].filter(
    ([row]) => values[row] !== null,
  );
  return contingencyTable(
    rows.map(([row]) => String(values[row])),
    rows.map(([, side]) => side),
  );
}
