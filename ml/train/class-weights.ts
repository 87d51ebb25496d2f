import type { TrainParameters } from "./schema.ts";

/**
 * How much each class counts in the loss. `balanced`: rows / (classes × rows of the class), as scikit-learn's; `sqrt`: its square root.
 * A class without training rows gets 1.
 *
 * @param counts training rows of each class
 */
export function classWeights(method: TrainParameters["classWeights"], counts: readonly number[]): number[] | null {
  if (method === "none") return null;
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const balanced = counts.map((count) => (count === 0 ? 1 : rows / (counts.length * count)));
  return method === "sqrt" ? balanced.map(Math.sqrt) : balanced;
}
