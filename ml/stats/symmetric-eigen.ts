import { fromColumn, inFours, reflectRows, rotateRows, type FourRows, type Rotations } from "./four-rows.ts";
import { tridiagonalize, type Tridiagonal } from "./tridiagonal.ts";

/** A = U diag(λ) Uᵀ. */
export interface Decomposition {
  /** λ, in no order. */
  values: Float64Array;
  /** Rows of U: column k is of length 1 and belongs to `values[k]`. */
  rows: Float64Array[];
}

/** Rotations that are gathered before they are applied are those of so many sweeps: rows then come from memory that much less often. */
const sweepsAtOnce = 32;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, by Householder's reduction to tridiagonal form and QL with implicit shifts, as errors of the
 * size of rounding of the largest eigenvalue. Takes time in proportion to size³ and the matrix' memory once more, and yields every few milliseconds:
 * that is why no library does it, whose decompositions are of one piece, in which a worker could not heartbeat.
 *
 * @param matrix its rows, which are used up
 * @see Golub, Van Loan, "Matrix Computations", 4th edition, 8.3
 */
export function* decomposeSymmetric(matrix: readonly Float64Array[]): Generator<void, Decomposition> {
  // By a power of two, which rounds nothing: rotations lose their length where numbers are so small that they have few digits left.
  const scale = 2 ** Math.floor(Math.log2((yield* largestOf(matrix)) || 1));
  for (const row of matrix) {
    for (let i = 0; i < row.length; i++) row[i]! /= scale;
    yield;
  }
  const tridiagonal = yield* tridiagonalize(matrix);
  const rows = matrix.map(() => new Float64Array(matrix.length));
  for (const [i, row] of rows.entries()) row[i] = 1;
  const fours = inFours(rows);
  for (const four of fours) yield* multiplyByQ(four, tridiagonal);
  const values = yield* diagonalize(tridiagonal, fours);
  return { values: values.map((value) => value * scale), rows };
}

function* largestOf(matrix: readonly Float64Array[]): Generator<void, number> {
  let largest = 0;
  for (const row of matrix) {
    for (let i = 0; i < row.length; i++) largest = Math.max(largest, Math.abs(row[i]!));
    yield;
  }
  return largest;
}

function* multiplyByQ(four: FourRows, { mirrors, factors }: Tridiagonal): Generator<void, void> {
  for (const [k, mirror] of mirrors.entries()) {
    if (factors[k] !== 0) reflectRows(fromColumn(four, k + 1), mirror, factors[k]!);
    if (k % 256 === 255) yield;
  }
  yield;
}

/**
 * QL with implicit shifts. Eigenvalues alone need size² operations; what takes time is to turn the vectors.
 * @param fours rows of Q, which become those of the eigenvectors
 * @returns the eigenvalues, in the place of the diagonal
 */
function* diagonalize({ diagonal: values, beside }: Tridiagonal, fours: readonly FourRows[]): Generator<void, Float64Array> {
  const size = values.length;
  const capacity = sweepsAtOnce * size;
  const rotations: Rotations = {
    columns: new Int32Array(capacity),
    sines: new Float64Array(capacity),
    cosines: new Float64Array(capacity),
    count: 0,
  };
  const negligible =
    Number.EPSILON * values.reduce((most, value, k) => Math.max(most, Math.abs(value) + Math.abs(beside[k]!)), 0);
  for (let first = 0; first < size; first++) {
    for (;;) {
      let last = first;
      while (last < size - 1 && Math.abs(beside[last]!) > negligible) last++;
      if (last === first) break;
      if (rotations.count + last - first > capacity) yield* turn(fours, rotations);
      sweep({ values, beside, rotations }, first, last);
    }
    yield;
  }
  yield* turn(fours, rotations);
  return values;
}

function* turn(fours: readonly FourRows[], rotations: Rotations): Generator<void, void> {
  for (const four of fours) {
    rotateRows(four, rotations);
    yield;
  }
  rotations.count = 0;
}

interface Sweep {
  values: Float64Array;
  beside: Float64Array;
  rotations: Rotations;
}

/** One QL step with Wilkinson's shift over the tridiagonal block from `first` to `last`: makes what stands beside its first value small. */
function sweep({ values, beside, rotations }: Sweep, first: number, last: number): void {
  const slope = (values[first + 1]! - values[first]!) / (2 * beside[first]!);
  const shift = beside[first]! / (slope + Math.sign(slope || 1) * Math.hypot(slope, 1));
  let [carried, sine, cosine, moved] = [values[last]! - values[first]! + shift, 1, 1, 0];
  for (let i = last - 1; i >= first; i--) {
    const [bulge, rest] = [sine * beside[i]!, cosine * beside[i]!];
    const length = Math.hypot(bulge, carried);
    beside[i + 1] = length;
    if (length === 0) {
      // The block falls apart here; the next sweep is over what is before it.
      values[i + 1]! -= moved;
      beside[last] = 0;
      return;
    }
    [sine, cosine] = [bulge / length, carried / length];
    const value = values[i + 1]! - moved;
    const turned = (values[i]! - value) * sine + 2 * cosine * rest;
    moved = sine * turned;
    values[i + 1] = value + moved;
    carried = cosine * turned - rest;
    const at = rotations.count++;
    rotations.columns[at] = i;
    rotations.sines[at] = sine;
    rotations.cosines[at] = cosine;
  }
  values[first]! -= moved;
  beside[first] = carried;
  beside[last] = 0;
}
