import type { Random } from "../random.ts";

export interface PrincipalComponents {
  /** Each row's coordinates on the first two components, the widest first; shape [rows][2]. */
  scores: [number, number][];
  /** Share of the whole variance that lies along each, 0 to 1. */
  explained: [number, number];
}

/** Enough for two digits of a picture; a set without two distinct leading directions has none to show. */
const iterations = 200;

/**
 * The two directions in which rows differ most, by orthogonal iteration on the covariance. The sign of a direction means nothing; here its
 * largest entry is positive. Costs rows × columns² once; yields after each row and each iteration.
 *
 * @param rows shape [rows][columns]
 * @returns null for fewer than three rows or two columns, or where nothing varies
 * @see Golub and Van Loan, "Matrix Computations", section 8.2.4
 */
export function* principalComponents(rows: readonly Float64Array[], random: Random): Generator<void, PrincipalComponents | null> {
  const columns = rows[0]?.length ?? 0;
  if (rows.length < 3 || columns < 2) return null;
  const centered = center(rows, columns);
  const covariance = yield* covarianceOf(centered, columns);
  let trace = 0;
  for (let i = 0; i < columns; i++) trace += covariance[i * columns + i]!;
  if (trace <= 0) return null;
  let first = normalized(Float64Array.from({ length: columns }, () => random() - 0.5));
  let second = normalized(Float64Array.from({ length: columns }, () => random() - 0.5));
  for (let i = 0; i < iterations; i++) {
    first = normalized(multiply(covariance, first));
    const raw = multiply(covariance, second);
    const along = dot(raw, first);
    second = normalized(raw.map((value, j) => value - along * first[j]!));
    yield;
  }
  const [x, y] = [first, second].map(pointedUp) as [Float64Array, Float64Array];
  return {
    scores: centered.map((row) => [dot(row, x), dot(row, y)]),
    explained: [dot(multiply(covariance, x), x) / trace, Math.max(0, dot(multiply(covariance, y), y) / trace)],
  };
}

function center(rows: readonly Float64Array[], columns: number): Float64Array[] {
  const means = new Float64Array(columns);
  for (const row of rows) for (let i = 0; i < columns; i++) means[i]! += row[i]! / rows.length;
  return rows.map((row) => row.map((value, i) => value - means[i]!));
}

/** Shape [columns, columns], row-major. */
function* covarianceOf(rows: readonly Float64Array[], columns: number): Generator<void, Float64Array> {
  const result = new Float64Array(columns * columns);
  for (const row of rows) {
    for (let i = 0; i < columns; i++) {
      const value = row[i]! / (rows.length - 1);
      for (let j = 0; j < columns; j++) result[i * columns + j]! += value * row[j]!;
    }
    yield;
  }
  return result;
}

function multiply(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  return vector.map((_, i) => dot(matrix.subarray(i * size, (i + 1) * size), vector));
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

function normalized(vector: Float64Array): Float64Array {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}

function pointedUp(vector: Float64Array): Float64Array {
  const largest = vector.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return largest < 0 ? vector.map((value) => -value) : vector;
}
