import { dotProducts, inFours, timesColumns } from "./four-rows.ts";
import { decomposeSymmetric } from "./symmetric-eigen.ts";

/**
 * Makes of a symmetric matrix A = U diag(λ) Uᵀ a function of it: U diag(f(λ)) Uᵀ, in its place. Takes time in proportion to size³ and the
 * matrix' memory once more, and yields every few milliseconds.
 *
 * @param matrix shape [size, size]
 * @param f of an eigenvalue, given the largest of all
 */
export function* applyToMatrix(
  matrix: Float64Array,
  size: number,
  f: (eigenvalue: number, largest: number) => number,
): Generator<void, void> {
  const place = Array.from({ length: size }, (_, row) => matrix.subarray(row * size, (row + 1) * size));
  const { values, rows } = yield* decomposeSymmetric(place);
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  const factors = values.map((value) => f(value, largest));
  for (const [number, four] of inFours(rows).entries()) {
    const first = 4 * number;
    const scaled = timesColumns(four, factors);
    for (let j = first; j < size; j++) {
      const products = dotProducts(scaled, rows[j]!);
      for (let i = first; i < Math.min(first + 4, size); i++) place[i]![j] = place[j]![i] = products[i - first]!;
      if (j % 256 === 255) yield;
    }
    yield;
  }
}
