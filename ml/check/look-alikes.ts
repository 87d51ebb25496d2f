import type { Dataset, Samples } from "../ingest/schema.ts";
import type { ImageStatistics } from "./image-statistics.ts";
import { nearPairs } from "./near-pairs.ts";

/** Below this size perceptual hashes of different images collide too often to mean anything. */
export const smallestComparedSide = 64;
const bitsApart = 4;

/**
 * Pairs of rows that look alike, by perceptual hashes at most 4 of 64 bits apart, but have different pixels. None among images smaller than
 * 64 pixels, and of one color.
 */
export function* lookAlikes(
  { height, width }: Pick<Dataset, "height" | "width">,
  { sha256 }: Pick<Samples, "sha256">,
  { hash, constant }: Pick<ImageStatistics, "hash" | "constant">,
): Generator<void, [number, number][]> {
  if (Math.min(height, width) < smallestComparedSide) return [];
  const candidates = [...sha256.keys()].filter((row) => constant[row] === 0);
  const pairs = yield* nearPairs(hash, candidates, bitsApart);
  return pairs.filter(([a, b]) => sha256[a] !== sha256[b]);
}
