import { decomposeSymmetric } from "./symmetric-eigen.ts";

/**
 * A function of a symmetric matrix A = Σ λₖ uₖ uₖᵀ: Σ f(λₖ) uₖ uₖᵀ. Takes time in proportion to size³; yields about 4 · size times on the way.
 *
 * @param matrix shape [size, size]
 * @param f of an eigenvalue, given the largest of all
 * @returns shape [size, size]
 */
export function* matrixFunction(
  matrix: Float64Array,
  size: number,
  f: (eigenvalue: number, largest: number) => number,
): Generator<void, Float64Array> {
  const { values, vectors } = yield* decomposeSymmetric(matrix, size);
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  const result = new Float64Array(size * size);
  for (const [k, vector] of vectors.entries()) {
    const factor = f(values[k]!, largest);
    if (factor === 0) continue;
    for (let i = 0; i < size; i++) {
      const scaled = factor * vector[i]!;
      for (let j = i; j < size; j++) result[i * size + j]! += scaled * vector[j]!;
    }
    yield;
  }
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) result[i * size + j] = result[j * size + i]!;
  return result;
}
