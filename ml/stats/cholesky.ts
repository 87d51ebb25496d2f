/**
 * The lower triangle L of A = L Lᵀ.
 * @param lower rows of a symmetric positive definite matrix up to its diagonal; overwritten by its factor
 */
export function cholesky(lower: Float64Array[]): Float64Array[] {
  for (const [i, row] of lower.entries()) {
    for (let j = 0; j <= i; j++) {
      const other = lower[j]!;
      let sum = row[j]!;
      for (let k = 0; k < j; k++) sum -= row[k]! * other[k]!;
      row[j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / other[j]!;
    }
  }
  return lower;
}

/** Solves with the factor. */
export function solveLower(factor: readonly Float64Array[], right: Float64Array): Float64Array {
  const solution = right.slice();
  for (const [i, row] of factor.entries()) {
    let sum = solution[i]!;
    for (let k = 0; k < i; k++) sum -= row[k]! * solution[k]!;
    solution[i] = sum / row[i]!;
  }
  return solution;
}

/** Solves with the transposed factor. */
export function solveUpper(factor: readonly Float64Array[], right: Float64Array): Float64Array {
  const solution = right.slice();
  for (let i = factor.length - 1; i >= 0; i--) {
    solution[i] = solution[i]! / factor[i]![i]!;
    for (let k = 0; k < i; k++) solution[k] = solution[k]! - factor[i]![k]! * solution[i]!;
  }
  return solution;
}
