import { quantile } from "./quantile.ts";

/** The usual numbers of a column. */
export interface Description {
  count: number;
  mean: number;
  /** Sample standard deviation (divided by count - 1), as pandas; 0 for a single value. */
  deviation: number;
  min: number;
  quartiles: [number, number, number];
  max: number;
}

/** Describes the finite values; null where there are none. */
export function describe(values: readonly number[]): Description | null {
  const sorted = Float64Array.from(values.filter(Number.isFinite)).sort();
  const count = sorted.length;
  if (count === 0) return null;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / count;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    count,
    mean,
    deviation: count === 1 ? 0 : Math.sqrt(squares / (count - 1)),
    min: sorted[0]!,
    quartiles: [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)],
    max: sorted[count - 1]!,
  };
}
