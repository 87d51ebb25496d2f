/** Four rows of a matrix: sums over one of them wait for each other, so a processor adds up four in hardly more time. */
export type FourRows = readonly [Float64Array, Float64Array, Float64Array, Float64Array];

/** Rows in fours; zeros stand for what the last four lack. */
export function inFours(rows: readonly Float64Array[]): FourRows[] {
  const zeros = new Float64Array(rows[0]?.length ?? 0);
  const at = (row: number) => rows[row] ?? zeros;
  return Array.from({ length: Math.ceil(rows.length / 4) }, (_, four) => {
    const first = 4 * four;
    return [at(first), at(first + 1), at(first + 2), at(first + 3)];
  });
}

/** What stands from a column on; shares memory. */
export function fromColumn([a, b, c, d]: FourRows, column: number): FourRows {
  return [a.subarray(column), b.subarray(column), c.subarray(column), d.subarray(column)];
}

export function dotProducts([a, b, c, d]: FourRows, vector: Float64Array): [number, number, number, number] {
  let ofA = 0;
  let ofB = 0;
  let ofC = 0;
  let ofD = 0;
  for (let k = 0; k < vector.length; k++) {
    const value = vector[k]!;
    ofA += a[k]! * value;
    ofB += b[k]! * value;
    ofC += c[k]! * value;
    ofD += d[k]! * value;
  }
  return [ofA, ofB, ofC, ofD];
}

/** A copy, each column times its own factor. */
export function timesColumns([a, b, c, d]: FourRows, factors: Float64Array): FourRows {
  const scaled = (row: Float64Array) => row.map((value, column) => value * factors[column]!);
  return [scaled(a), scaled(b), scaled(c), scaled(d)];
}

/** Each row becomes itself less its dot product with the mirror, times the factor, times the mirror. */
export function reflectRows(four: FourRows, mirror: Float64Array, factor: number): void {
  const [a, b, c, d] = four;
  const [ofA, ofB, ofC, ofD] = dotProducts(four, mirror);
  const [byA, byB, byC, byD] = [factor * ofA, factor * ofB, factor * ofC, factor * ofD];
  for (let k = 0; k < mirror.length; k++) {
    const value = mirror[k]!;
    a[k]! -= byA * value;
    b[k]! -= byB * value;
    c[k]! -= byC * value;
    d[k]! -= byD * value;
  }
}

/** Rotations of columns i and i + 1, one after another. */
export interface Rotations {
  columns: Int32Array;
  sines: Float64Array;
  cosines: Float64Array;
  count: number;
}

export function rotateRows([a, b, c, d]: FourRows, { columns, sines, cosines, count }: Rotations): void {
  for (let at = 0; at < count; at++) {
    const i = columns[at]!;
    const sine = sines[at]!;
    const cosine = cosines[at]!;
    let low = a[i]!;
    let high = a[i + 1]!;
    a[i + 1] = sine * low + cosine * high;
    a[i] = cosine * low - sine * high;
    low = b[i]!;
    high = b[i + 1]!;
    b[i + 1] = sine * low + cosine * high;
    b[i] = cosine * low - sine * high;
    low = c[i]!;
    high = c[i + 1]!;
    c[i + 1] = sine * low + cosine * high;
    c[i] = cosine * low - sine * high;
    low = d[i]!;
    high = d[i + 1]!;
    d[i + 1] = sine * low + cosine * high;
    d[i] = cosine * low - sine * high;
  }
}
