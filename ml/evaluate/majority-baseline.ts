/** Accuracy of always answering the class with the most samples, 0 to 1. */
export function majorityBaseline(supports: readonly number[]): number {
  const total = supports.reduce((sum, count) => sum + count, 0);
  return total === 0 ? 0 : Math.max(...supports) / total;
}
