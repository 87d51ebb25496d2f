/**
 * The class that is answered for each row: the most probable one, the first of equals; of two classes the second from `threshold` on.
 *
 * @param probabilities shape [rows, classes], row-major
 * @param threshold compared as float32, the type of the probabilities
 */
export function predictedClasses(probabilities: Float32Array, classCount: number, threshold: number): Int32Array {
  const least = Math.fround(threshold);
  return Int32Array.from({ length: probabilities.length / classCount }, (_, row) => {
    if (classCount === 2) return probabilities[row * 2 + 1]! >= least ? 1 : 0;
    return largest(probabilities.subarray(row * classCount, (row + 1) * classCount));
  });
}

/** Position of the largest value; the first of equals. */
export function largest(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i]! > scores[best]!) best = i;
  return best;
}
