/**
 * Kolmogorov–Smirnov distance of two samples: the largest gap between their cumulative shares, 0 (alike) to 1 (apart).
 * Null where a sample is empty. An effect size, not a test.
 */
export function kolmogorovSmirnov(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  if (a.length === 0 || b.length === 0) return null;
  const [x, y] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  let [i, j, largest] = [0, 0, 0];
  while (i < x.length && j < y.length) {
    const value = Math.min(x[i]!, y[j]!);
    while (i < x.length && x[i] === value) i += 1;
    while (j < y.length && y[j] === value) j += 1;
    largest = Math.max(largest, Math.abs(i / x.length - j / y.length));
  }
  return largest;
}
