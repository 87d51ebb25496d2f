import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import { InvalidData } from "../ml/errors.ts";
import { recognizeSource } from "../ml/ingest/recognize-source.ts";
import type { Dataset, DatasetReading, IngestParameters } from "../ml/ingest/schema.ts";
import { sourceManifestSchema } from "../ml/ingest/schema.ts";
import { SourceFiles } from "../storage/source-files.ts";
import { encodeSamples } from "../storage/tables.ts";
import { openArraySource } from "./ingest/array-source.ts";
import { openDigitsSource } from "./ingest/digits-source.ts";
import { openFolderSource } from "./ingest/folder-source.ts";
import { openIdxSource } from "./ingest/idx-source.ts";
import type { ImageSource, ReaderTask } from "./ingest/image-source.ts";
import { ShardWriter } from "./ingest/shard-writer.ts";
import { openTableSource } from "./ingest/table-source.ts";
import type { StageContext, StageResult, StageTask } from "./stage.ts";

export interface IngestTaskParameters {
  ingest: IngestParameters;
  dataset: DatasetReading;
}

/**
 * Reads a source, whatever its format, into shards of one shape and a table of samples. A retry reads it anew; shards that were stored
 * are found again by content.
 *
 * @throws {InvalidData} where the source is not what it claims, or too much of it is unreadable
 */
export async function ingest(
  { parameters, inputs }: StageTask<IngestTaskParameters, { source: ArtifactRef }>,
  context: StageContext,
): Promise<StageResult<{ dataset: ArtifactRef }>> {
  const { artifacts, log, signal } = context;
  const { files } = await artifacts.getJson(inputs.source, sourceManifestSchema);
  const source = await openSource({
    files: new SourceFiles(files, context),
    reading: parameters.dataset,
    parameters: parameters.ingest,
    scratchFolder: context.scratchFolder,
  });
  const writer = new ShardWriter(artifacts, source, parameters.ingest.shardRows);
  try {
    for await (const batch of source.batches()) {
      signal.throwIfAborted();
      await writer.add(batch);
      context.progress(writer.rowCount, source.rowCount, "images");
    }
    await writer.finish();
  } finally {
    await source.close?.();
  }
  checkUnreadable(source, writer.rowCount, parameters.ingest.maxUnreadableShare);

  const { height, width, channels, dtype, classes, columns, unreadable } = source;
  const table = encodeSamples(writer.samples, columns);
  const samples = await artifacts.put(table, mediaTypes.parquet);
  await artifacts.keepLocal(samples, table);
  const dataset: Dataset = {
    formatVersion: 1,
    height,
    width,
    channels,
    dtype,
    classes,
    rowCount: writer.rowCount,
    shards: writer.shards,
    samples,
    columns,
    unreadable,
    licence: parameters.dataset.licence ?? null,
  };
  log.info({ rows: dataset.rowCount, shards: dataset.shards.length, unreadable: unreadable.length }, "source read");
  return {
    outputs: { dataset: await artifacts.putJson(dataset) },
    summary: {
      images: dataset.rowCount,
      classes: classes.length,
      size: `${height}×${width}×${channels}`,
      unreadable: unreadable.length,
    },
  };
}

async function openSource(task: ReaderTask): Promise<ImageSource> {
  if (task.reading.table !== undefined) return openTableSource(task.reading.table, task);
  const layout = recognizeSource(task.files.paths);
  switch (layout.format) {
    case "idx":
      return openIdxSource(layout.parts, task);
    case "digits":
      return openDigitsSource(layout.files, task);
    case "arrays":
      return openArraySource(layout.files, task);
    case "images":
      return openFolderSource(task);
  }
}

function checkUnreadable({ unreadable }: ImageSource, rowCount: number, largestShare: number): void {
  const share = unreadable.length / Math.max(1, rowCount + unreadable.length);
  if (rowCount > 0 && share <= largestShare) return;
  const shown = unreadable.slice(0, 5).map(({ source, reason }) => `${source} (${reason})`);
  throw new InvalidData(
    `${unreadable.length} of ${rowCount + unreadable.length} images could not be read; ingest.maxUnreadableShare accepts ` +
      `${largestShare}; received ${share.toFixed(4)}: ${shown.join("; ")}. Mend or remove them, or accept a larger share`,
  );
}
