/** A = Q T Qᵀ, where T has nothing but a diagonal and what stands beside it. */
export interface Tridiagonal {
  diagonal: Float64Array;
  /** `beside[i]` stands between i and i + 1; one more place than is used. */
  beside: Float64Array;
  /** Q = H₀ H₁ …: mirror k is row k behind its diagonal, and Hₖ = 1 − `factors[k]` · mirror · mirrorᵀ. */
  mirrors: readonly Float64Array[];
  factors: Float64Array;
}

/**
 * Householder's reduction of a symmetric matrix to tridiagonal form. Takes time in proportion to size³; yields after each step, of size² operations.
 *
 * @param rows of the matrix, of which only the upper triangle is read; the mirrors take their place
 * @see Golub, Van Loan, "Matrix Computations", 4th edition, 8.3.1
 */
export function* tridiagonalize(rows: readonly Float64Array[]): Generator<void, Tridiagonal> {
  const size = rows.length;
  const [diagonal, beside, factors] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  for (const [k, row] of rows.entries()) {
    diagonal[k] = row[k]!;
    if (k === size - 1) break;
    const mirror = row.subarray(k + 1);
    const [factor, left] = toMirror(mirror);
    if (factor !== 0) reflectBothSides(rows, k + 1, { mirror, factor });
    [factors[k], beside[k]] = [factor, left];
    yield;
  }
  return { diagonal, beside, mirrors: rows.map((row, k) => row.subarray(k + 1)), factors };
}

/**
 * Makes of a vector the mirror that turns it into one with nothing but its first value.
 * @returns the reflection's factor, and that value
 */
function toMirror(vector: Float64Array): [number, number] {
  const scale = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (scale === 0) return [0, 0];
  // Of this size squares neither vanish nor overflow; a mirror's length does not matter.
  for (let i = 0; i < vector.length; i++) vector[i]! /= scale;
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  const left = vector[0]! > 0 ? -length : length;
  const factor = 1 / (length * length - left * vector[0]!);
  vector[0]! -= left;
  return [factor, scale * left];
}

/** A becomes H A H from row `start` on. */
function reflectBothSides(
  rows: readonly Float64Array[],
  start: number,
  { mirror, factor }: { mirror: Float64Array; factor: number },
): void {
  const size = mirror.length;
  const product = new Float64Array(size);
  for (let i = 0; i < size; i++) addProducts(rows[start + i]!.subarray(start + i), mirror.subarray(i), product.subarray(i));
  const half = (factor * factor * dotProduct(product, mirror)) / 2;
  const update = product.map((value, i) => factor * value - half * mirror[i]!);
  for (let i = 0; i < size; i++) turnRow(rows[start + i]!.subarray(start + i), mirror.subarray(i), update.subarray(i));
}

/** Adds to the product of a symmetric matrix and a vector what a row of its upper triangle gives, which is a column as well. */
function addProducts(row: Float64Array, vector: Float64Array, product: Float64Array): void {
  const own = vector[0]!;
  let sum = row[0]! * own;
  for (let j = 1; j < row.length; j++) {
    const value = row[j]!;
    sum += value * vector[j]!;
    product[j]! += value * own;
  }
  product[0]! += sum;
}

function turnRow(row: Float64Array, mirror: Float64Array, update: Float64Array): void {
  const [share, other] = [mirror[0]!, update[0]!];
  for (let j = 0; j < row.length; j++) row[j]! -= share * update[j]! + other * mirror[j]!;
}

function dotProduct(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
