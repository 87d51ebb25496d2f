import { mediaTypes } from "../../ml/artifact.ts";
import type { Dataset, IngestParameters, Samples } from "../../ml/ingest/schema.ts";
import type { ArtifactStore } from "../../storage/artifact-store.ts";
import { encodeSamples } from "../../storage/tables.ts";
import type { StageContext } from "../stage.ts";
import type { ImageSource } from "./image-source.ts";
import { ShardWriter } from "./shard-writer.ts";

/**
 * Reads a source to its end into shards and a table of samples, in bounded memory.
 * @param progress where these rows stand among all that are read
 */
export async function storeRows(
  source: ImageSource,
  { artifacts, signal, progress }: StageContext,
  {
    shardRows,
    firstRow = 0,
    rowCount = source.rowCount,
  }: Pick<IngestParameters, "shardRows"> & { firstRow?: number; rowCount?: number },
): Promise<Dataset> {
  const writer = new ShardWriter(artifacts, source, shardRows);
  for await (const batch of source.batches()) {
    signal.throwIfAborted();
    await writer.add(batch);
    progress(firstRow + writer.rowCount, rowCount, "images");
  }
  await writer.finish();
  const { height, width, channels, dtype, classes, columns, unreadable } = source;
  return {
    formatVersion: 1,
    height,
    width,
    channels,
    dtype,
    classes,
    rowCount: writer.rowCount,
    shards: writer.shards,
    samples: await storeSamples(writer.samples, columns, artifacts),
    columns,
    unreadable,
    licence: null,
  };
}

/** Stores a table of samples, and keeps it at hand: the next stages read it. */
export async function storeSamples(samples: Samples, columns: Dataset["columns"], artifacts: ArtifactStore) {
  const table = encodeSamples(samples, columns);
  const ref = await artifacts.put(table, mediaTypes.parquet);
  await artifacts.keepLocal(ref, table);
  return ref;
}
