import { EigenvalueDecomposition } from "ml-matrix";

/**
 * A function of a symmetric matrix A = U diag(λ) Uᵀ: U diag(f(λ)) Uᵀ. Takes time in proportion to size³.
 *
 * @param matrix shape [size, size]
 * @param f of an eigenvalue, given the largest of all
 * @returns shape [size, size]
 */
export function matrixFunction(
  matrix: Float64Array,
  size: number,
  f: (eigenvalue: number, largest: number) => number,
): Float64Array {
  const rows = Array.from({ length: size }, (_, row) => matrix.subarray(row * size, (row + 1) * size));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(rows, { assumeSymmetric: true });
  const largest = realEigenvalues.reduce((most, value) => Math.max(most, value), 0);
  const factors = realEigenvalues.map((value) => f(value, largest));
  const vectors = eigenvectorMatrix.to2DArray().map((row) => Float64Array.from(row));
  const result = new Float64Array(size * size);
  for (const [i, row] of vectors.entries()) {
    const scaled = row.map((value, k) => value * factors[k]!);
    for (let j = i; j < size; j++) {
      const other = vectors[j]!;
      let sum = 0;
      for (let k = 0; k < size; k++) sum += scaled[k]! * other[k]!;
      result[i * size + j] = result[j * size + i] = sum;
    }
  }
  return result;
}
