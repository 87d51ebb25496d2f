import { contingencyTable, cramersV } from "./association.ts";
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
  const rows = [...own.map((row) => [row, "own"] as const), ...other.map((row) => [row, "other"] as const)].filter(
    ([row]) => values[row] !== null,
  );
  return cramersV(
    contingencyTable(
      rows.map(([row]) => String(values[row])),
      rows.map(([, side]) => side),
    ).counts,
  );
}
