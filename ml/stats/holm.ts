/**
 * p-values of several tests at once, adjusted so that the chance of any false alarm stays at the level they are compared with.
 * @see Holm 1979, "A simple sequentially rejective multiple test procedure"; the same as R's `p.adjust(p, "holm")`
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = pValues.map(() => 1);
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[i]!));
    adjusted[i] = largest;
  }
  return adjusted;
}
