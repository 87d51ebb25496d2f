import type { Samples } from "../../ingest/schema.ts";
import { hashUnit } from "../../random.ts";

/**
 * Gives each row a fold so that rows of one group, and rows with equal pixels, share theirs, and classes are spread evenly: units are dealt
 * round, class by class, in the order of a hash of seed and name. Independent of the order of rows.
 *
 * @param units rows that stay together, by name (`splitUnits`)
 * @returns fold by row of the data set; 255 where a row is in no unit
 */
export function assignFolds(
  units: readonly { key: string; rows: readonly number[] }[],
  labels: Samples["label"],
  { folds, seed, round }: { folds: number; seed: number; round: number },
): Uint8Array {
  const foldOf = new Uint8Array(labels.length).fill(255);
  const ordered = units
    .map(({ key, rows }) => ({ rows, label: labels[rows[0]!]!, order: hashUnit(seed, "label noise", round, key) }))
    .toSorted((a, b) => a.label - b.label || a.order - b.order);
  for (const [i, { rows }] of ordered.entries()) for (const row of rows) foldOf[row] = i % folds;
  return foldOf;
}
