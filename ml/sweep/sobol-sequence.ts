/**
 * Inner coefficients `a` of the primitive polynomial and initial direction numbers `m` of the second and further dimensions.
 * @see Joe and Kuo 2008, "Constructing Sobol sequences with better two-dimensional projections", their file new-joe-kuo-6
 */
const directions: readonly (readonly [a: number, m: readonly number[]])[] = [
  [0, [1]],
  [1, [1, 3]],
  [1, [1, 3, 1]],
  [2, [1, 1, 1]],
  [1, [1, 1, 3, 3]],
  [4, [1, 3, 5, 13]],
  [2, [1, 1, 5, 5, 17]],
  [4, [1, 1, 5, 5, 5]],
  [7, [1, 1, 7, 11, 19]],
  [11, [1, 1, 5, 1, 1]],
  [13, [1, 1, 1, 3, 11]],
  [14, [1, 3, 5, 5, 31]],
  [1, [1, 3, 3, 9, 7, 49]],
  [13, [1, 1, 1, 15, 21, 21]],
  [16, [1, 3, 1, 13, 27, 49]],
  [19, [1, 1, 1, 15, 7, 5]],
  [22, [1, 3, 1, 15, 13, 25]],
  [25, [1, 1, 5, 5, 19, 61]],
  [1, [1, 3, 7, 11, 23, 15, 103]],
  [4, [1, 3, 7, 13, 13, 15, 69]],
  [7, [1, 1, 3, 13, 7, 35, 63]],
  [8, [1, 3, 5, 9, 1, 25, 53]],
  [14, [1, 3, 1, 13, 9, 35, 107]],
  [19, [1, 3, 1, 5, 27, 61, 31]],
  [21, [1, 1, 5, 11, 19, 41, 61]],
  [28, [1, 3, 5, 3, 3, 13, 69]],
  [31, [1, 1, 7, 13, 1, 19, 1]],
  [32, [1, 3, 7, 5, 13, 19, 59]],
  [37, [1, 1, 3, 9, 25, 29, 41]],
  [41, [1, 3, 5, 13, 23, 1, 55]],
  [42, [1, 3, 7, 3, 13, 59, 17]],
  [50, [1, 3, 1, 3, 5, 53, 69]],
  [55, [1, 1, 5, 5, 23, 33, 13]],
  [56, [1, 1, 7, 7, 1, 61, 123]],
  [59, [1, 1, 7, 9, 13, 61, 49]],
  [62, [1, 3, 3, 5, 3, 55, 33]],
  [14, [1, 3, 1, 15, 31, 13, 49, 245]],
  [21, [1, 3, 5, 15, 31, 59, 63, 97]],
  [22, [1, 3, 1, 11, 11, 11, 77, 249]],
];

/** Dimensions that can be told apart. */
export const sobolDimensions = directions.length + 1;

const bits = 30;

/**
 * One point of the Sobol sequence, in Gray code order as Antonov and Saleev have it.
 *
 * @param index 0 for the first point, the origin
 * @param shift of each dimension, in [0, 1): a digital shift, which keeps the sequence's evenness
 * @returns coordinates in [0, 1)
 */
export function sobolPoint(index: number, shift: readonly number[]): number[] {
  const gray = index ^ (index >>> 1);
  return shift.map((by, dimension) => {
    const v = directionNumbers(dimension);
    let x = Math.floor(by * 2 ** bits);
    for (let bit = 0; bit < bits; bit++) if ((gray >>> bit) & 1) x ^= v[bit]!;
    return x / 2 ** bits;
  });
}

/** Direction numbers as integers of 30 bits. */
function directionNumbers(dimension: number): number[] {
  if (dimension === 0) return Array.from({ length: bits }, (_, bit) => 2 ** (bits - 1 - bit));
  const [a, m] = directions[dimension - 1]!;
  const degree = m.length;
  const v = m.map((value, bit) => value * 2 ** (bits - 1 - bit));
  for (let bit = degree; bit < bits; bit++) {
    let next = v[bit - degree]! ^ (v[bit - degree]! >>> degree);
    for (let k = 1; k < degree; k++) if ((a >>> (degree - 1 - k)) & 1) next ^= v[bit - k]!;
    v.push(next);
  }
  return v;
}
