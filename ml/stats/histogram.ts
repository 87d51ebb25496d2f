/** Counts in equal bins; `edges` has one entry more than `counts`. The last bin includes its upper edge, as numpy's. */
export interface Histogram {
  edges: number[];
  counts: number[];
}

/** Equal edges from low to high; a range of one value is widened by a half on both sides, as numpy does. */
export function equalEdges(low: number, high: number, binCount: number): number[] {
  const [from, to] = low === high ? [low - 0.5, high + 0.5] : [low, high];
  return Array.from({ length: binCount + 1 }, (_, i) => (i === binCount ? to : from + ((to - from) * i) / binCount));
}

/**
 * Counts values into bins; those outside the edges are left out.
 * @param edges ascending, equally spaced
 */
export function binCounts(values: Iterable<number>, edges: readonly number[]): number[] {
  const binCount = edges.length - 1;
  const counts = Array.from({ length: binCount }, () => 0);
  const [low, high] = [edges[0]!, edges[binCount]!];
  for (const value of values) {
    if (!(value >= low && value <= high)) continue;
    let bin = Math.min(Math.floor(((value - low) / (high - low)) * binCount), binCount - 1);
    // Rounding may put a value one bin off its edges.
    if (value < edges[bin]!) bin -= 1;
    else if (bin < binCount - 1 && value >= edges[bin + 1]!) bin += 1;
    counts[bin]! += 1;
  }
  return counts;
}

/**
 * Equal bins from the smallest to the largest value, or one for each where there are few evenly spaced ones (ages in fives, counts), which
 * would leave holes otherwise. Null where there are no finite values.
 */
export function naturalHistogram(values: readonly number[], binCount: number): Histogram | null {
  const unique = [...new Set(values.filter(Number.isFinite))].sort((a, b) => a - b);
  const step = unique.slice(1).reduce((least, value, i) => Math.min(least, value - unique[i]!), Infinity);
  const steps = Math.round((unique.at(-1)! - unique[0]!) / step);
  const isEven = unique.every((value) => Math.abs((value - unique[0]!) / step - Math.round((value - unique[0]!) / step)) < 1e-9);
  if (unique.length < 2 || steps > 2 * binCount || !isEven) return histogramOf(values, binCount);
  const edges = equalEdges(unique[0]! - step / 2, unique.at(-1)! + step / 2, steps + 1);
  return { edges, counts: binCounts(values, edges) };
}

/** Equal bins from the smallest to the largest value; null where there are no finite values. */
export function histogramOf(values: readonly number[], binCount: number): Histogram | null {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return null;
  const [low, high] = finite.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
  const edges = equalEdges(low, high, binCount);
  return { edges, counts: binCounts(finite, edges) };
}
