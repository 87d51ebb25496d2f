import { InvalidConfiguration } from "../errors.ts";
import type { TrainParameters } from "./schema.ts";

/**
 * How much each class counts in the loss. `balanced`: rows / (classes × rows of the class), as scikit-learn's; `sqrt`: its square root.
 * A class without training rows gets 1, as does one that is not among given weights.
 *
 * @param counts training rows of each class
 * @throws {InvalidConfiguration} if a weight is given to a class that the data does not have
 */
export function classWeights(
  method: TrainParameters["classWeights"],
  counts: readonly number[],
  classes: readonly string[],
): number[] | null {
  if (method === "none") return null;
  if (typeof method === "object") return givenWeights(method, classes);
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const balanced = counts.map((count) => (count === 0 ? 1 : rows / (counts.length * count)));
  return method === "sqrt" ? balanced.map(Math.sqrt) : balanced;
}

function givenWeights(given: Readonly<Record<string, number>>, classes: readonly string[]): number[] {
  const stray = Object.keys(given).find((name) => !classes.includes(name));
  if (stray === undefined) return classes.map((name) => given[name] ?? 1);
  throw new InvalidConfiguration(
    `train.classWeights names ${JSON.stringify(stray)}, which is no class of the data; classes are ${classes.join(", ")}`,
  );
}
