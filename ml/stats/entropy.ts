/** Shannon entropy of counts in bits; 0 for none. */
export function entropyBits(counts: readonly number[]): number {
  const total = counts.reduce((sum, value) => sum + value, 0);
  return counts.reduce((bits, value) => (value === 0 ? bits : bits - (value / total) * Math.log2(value / total)), 0);
}
