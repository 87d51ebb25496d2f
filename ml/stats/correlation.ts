/** Pearson's correlation, -1 to 1; null where a side does not vary or there are fewer than two pairs. Lengths must be equal. */
export function pearson(x: readonly number[], y: readonly number[]): number | null {
  const count = x.length;
  if (count < 2) return null;
  const [meanX, meanY] = [mean(x), mean(y)];
  let [products, squaresX, squaresY] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [dx, dy] = [x[i]! - meanX, y[i]! - meanY];
    products += dx * dy;
    squaresX += dx * dx;
    squaresY += dy * dy;
  }
  if (squaresX === 0 || squaresY === 0) return null;
  return Math.max(-1, Math.min(1, products / Math.sqrt(squaresX * squaresY)));
}

/** Spearman's rank correlation: Pearson's of midranks, so that ties count fairly. */
export function spearman(x: readonly number[], y: readonly number[]): number | null {
  return pearson(midranks(x), midranks(y));
}

/** Rank of each value from 1, equal values sharing the mean of theirs. */
export function midranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = values.map(() => 0);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end += 1;
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + end + 1) / 2;
    start = end;
  }
  return ranks;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
