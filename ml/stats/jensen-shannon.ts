/**
 * Jensen–Shannon distance of two distributions: the root of their divergence in bits, 0 (alike) to 1 (nothing in common). Null where one
 * has no weight.
 * @param a weights by category, need not sum to 1; `b` in the same order
 * @see Endres & Schindelin 2003; scipy.spatial.distance.jensenshannon with base 2
 */
export function jensenShannon(a: readonly number[], b: readonly number[]): number | null {
  const [totalA, totalB] = [a, b].map((weights) => weights.reduce((sum, weight) => sum + weight, 0)) as [number, number];
  if (totalA === 0 || totalB === 0) return null;
  let divergence = 0;
  for (const [category, weight] of a.entries()) {
    const [p, q] = [weight / totalA, b[category]! / totalB];
    const middle = (p + q) / 2;
    for (const share of [p, q]) if (share > 0) divergence += (share * Math.log2(share / middle)) / 2;
  }
  return Math.sqrt(Math.max(0, divergence));
}
