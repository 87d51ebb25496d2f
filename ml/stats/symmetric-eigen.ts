/** A = Σ λₖ uₖ uₖᵀ. */
export interface Decomposition {
  /** λ, in no order. */
  values: Float64Array;
  /** `vectors[k]` is of length 1 and belongs to `values[k]`. */
  vectors: Float64Array[];
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, by Householder's reduction to tridiagonal form and QL with implicit shifts, as errors of the
 * size of rounding of the largest eigenvalue. Takes time in proportion to size³; yields after each step, of which there are about 3 · size: that is
 * why no library does it, whose decompositions are seconds in one piece, in which a worker could not heartbeat.
 *
 * @param matrix shape [size, size]
 * @see Golub, Van Loan, "Matrix Computations", 4th edition, 8.3
 */
export function* decomposeSymmetric(matrix: Float64Array, size: number): Generator<void, Decomposition> {
  // By a power of two, which rounds nothing: rotations lose their length where numbers are so small that they have few digits left.
  const scale = 2 ** Math.floor(Math.log2(matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1));
  const rows = Array.from({ length: size }, (_, row) => matrix.slice(row * size, (row + 1) * size).map((value) => value / scale));
  const vectors = rows.map((_, k) => Float64Array.from({ length: size }, (__, i) => (i === k ? 1 : 0)));
  // What stands beside the diagonal: beside[i] between i and i + 1.
  const beside = new Float64Array(size);
  for (let k = 0; k < size - 1; k++) {
    beside[k] = reflect(rows, vectors, k);
    yield;
  }
  const values = Float64Array.from(rows, (row, k) => row[k]!);
  const negligible =
    Number.EPSILON * values.reduce((most, value, k) => Math.max(most, Math.abs(value) + Math.abs(beside[k]!)), 0);
  for (let first = 0; first < size; first++) {
    for (;;) {
      let last = first;
      while (last < size - 1 && Math.abs(beside[last]!) > negligible) last++;
      if (last === first) break;
      sweep({ values, vectors }, beside, first, last);
      yield;
    }
  }
  return { values: values.map((value) => value * scale), vectors };
}

/**
 * Reflects the space behind row k so that of this row nothing is left behind its next place.
 * @param rows of the symmetric matrix; changed from row k + 1 on
 * @param vectors columns of the transform so far; changed
 * @returns what is left at that place
 */
function reflect(rows: readonly Float64Array[], vectors: readonly Float64Array[], k: number): number {
  const [size, start] = [rows.length, k + 1];
  const behind = rows[k]!.subarray(start);
  const scale = behind.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (scale === 0) return 0;
  // Of this size squares neither vanish nor overflow; a mirror's length does not matter.
  const mirror = behind.map((value) => value / scale);
  const length = Math.sqrt(dot(mirror, mirror));
  const left = mirror[0]! > 0 ? -length : length;
  const factor = 1 / (length * length - left * mirror[0]!);
  mirror[0]! -= left;
  const product = mirror.map((_, i) => factor * dot(rows[start + i]!.subarray(start), mirror));
  const half = (factor / 2) * dot(product, mirror);
  const update = product.map((value, i) => value - half * mirror[i]!);
  const along = new Float64Array(size);
  for (const [i, share] of mirror.entries()) {
    const [row, vector] = [rows[start + i]!, vectors[start + i]!];
    for (let j = 0; j < mirror.length; j++) row[start + j]! -= share * update[j]! + update[i]! * mirror[j]!;
    for (let j = 0; j < size; j++) along[j]! += share * vector[j]!;
  }
  for (const [i, share] of mirror.entries()) {
    const vector = vectors[start + i]!;
    for (let j = 0; j < size; j++) vector[j]! -= factor * share * along[j]!;
  }
  return scale * left;
}

/** One QL step with Wilkinson's shift over the tridiagonal block from `first` to `last`: makes what stands beside its first value small. */
function sweep({ values, vectors }: Decomposition, beside: Float64Array, first: number, last: number): void {
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
    rotate(vectors[i]!, vectors[i + 1]!, sine, cosine);
  }
  values[first]! -= moved;
  beside[first] = carried;
  beside[last] = 0;
}

function rotate(lower: Float64Array, upper: Float64Array, sine: number, cosine: number): void {
  for (let k = 0; k < lower.length; k++) {
    const [low, high] = [lower[k]!, upper[k]!];
    upper[k] = sine * low + cosine * high;
    lower[k] = cosine * low - sine * high;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
