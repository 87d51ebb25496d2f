import type { Dataset, Samples } from "../ingest/schema.ts";
import type { ImageStatistics } from "./image-statistics.ts";
import { lookAlikes } from "./look-alikes.ts";
import { nearestNeighbors } from "./nearest-neighbors.ts";
import type { CheckFacts, ColumnNames } from "./rule.ts";
import type { CheckParameters } from "./schema.ts";

/** Brings together what rules look at; duplicates are found by the hash of the pixels, in linear time. In steps of a few milliseconds. */
export function* gatherFacts(
  dataset: Dataset,
  samples: Samples,
  images: ImageStatistics,
  { columns: expected = {}, ...names }: Pick<CheckParameters, "columns"> & ColumnNames = {},
): Generator<void, CheckFacts> {
  const classCounts = dataset.classes.map(() => 0);
  for (const label of samples.label) if (label >= 0) classCounts[label]! += 1;
  const rowsByHash = new Map<string, number[]>();
  for (const [row, hash] of samples.sha256.entries()) {
    const rows = rowsByHash.get(hash);
    if (rows) rows.push(row);
    else rowsByHash.set(hash, [row]);
  }
  const duplicateSets = [...rowsByHash.values()].filter((rows) => rows.length > 1);
  return {
    dataset,
    samples,
    images,
    classCounts,
    duplicateSets,
    expected,
    names,
    neighbors: yield* nearestNeighbors(images.thumbnails),
    lookAlikes: yield* lookAlikes(dataset, samples, images),
  };
}
