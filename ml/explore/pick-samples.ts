import type { Samples } from "../ingest/schema.ts";
import { hashUnit } from "../random.ts";
import { partCodes } from "../split/schema.ts";

/**
 * Rows to show of each class: drawn by a hash of seed and sample id, so that the listing order is nothing. Training rows where the class has
 * any: nobody need look at test images before the verdict.
 *
 * @returns by class code, at most `perClass` rows each
 */
export function pickSamples(samples: Samples, split: Uint8Array, classCount: number, perClass: number, seed: number): number[][] {
  const candidates: { row: number; key: number; isTraining: boolean }[][] = Array.from({ length: classCount }, () => []);
  for (let row = 0; row < samples.label.length; row++) {
    const label = samples.label[row]!;
    if (label < 0) continue;
    const isTraining = split[row] === partCodes.train;
    candidates[label]!.push({ row, key: hashUnit(seed, "explore", "samples", samples.id[row]!), isTraining });
  }
  return candidates.map((rows) => {
    const training = rows.filter(({ isTraining }) => isTraining);
    const pool = training.length > 0 ? training : rows;
    return pool
      .sort((a, b) => a.key - b.key || a.row - b.row)
      .slice(0, perClass)
      .map(({ row }) => row);
  });
}

/** Rows with the smallest and the largest values, at most `count` each, the most extreme first. */
export function pickExtremes(values: Float32Array, count: number): { lowest: number[]; highest: number[] } {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]! || a - b);
  return { lowest: order.slice(0, count), highest: order.slice(-count).toReversed() };
}
