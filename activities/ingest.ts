import type { ArtifactRef } from "../ml/artifact.ts";
import { InvalidConfiguration, InvalidData } from "../ml/errors.ts";
import type { Correction } from "../ml/ingest/corrections.ts";
import { readCorrections } from "../ml/ingest/corrections.ts";
import { recognizeSource } from "../ml/ingest/recognize-source.ts";
import type { Dataset, DatasetReading, IngestParameters, SourceManifest } from "../ml/ingest/schema.ts";
import { sourceManifestSchema } from "../ml/ingest/schema.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { parseTextTable } from "../storage/text-table.ts";
import { SourceFiles } from "../storage/source-files.ts";
import { openArraySource } from "./ingest/array-source.ts";
import { openDigitsSource } from "./ingest/digits-source.ts";
import { openFolderSource } from "./ingest/folder-source.ts";
import { openIdxSource } from "./ingest/idx-source.ts";
import type { ImageSource, ReaderTask } from "./ingest/image-source.ts";
import { correctImages, limitImages } from "./ingest/keep-images.ts";
import { loadReader } from "./ingest/own-reader.ts";
import { divideImages, joinParts, storeParts } from "./ingest/parts.ts";
import { storeRows } from "./ingest/store-rows.ts";
import { openTableSource } from "./ingest/table-source.ts";
import type { StageContext, StageParts, StageResult, StageTask } from "./stage.ts";

export interface IngestTaskParameters {
  ingest: IngestParameters;
  dataset: DatasetReading;
}

/**
 * Reads a source, whatever its format, into shards of one shape and a table of samples. Many image files are shared out: it answers with
 * parts for {@link ingestPart} and joins their results when asked again. A retry reads anew; shards that were stored are found again by content.
 *
 * @throws {InvalidData} where the source is not what it claims, or too much of it is unreadable
 */
export async function ingest(
  { parameters, inputs, joined }: StageTask<IngestTaskParameters, { source: ArtifactRef }>,
  context: StageContext,
): Promise<StageResult<{ dataset: ArtifactRef; source?: ArtifactRef }> | StageParts> {
  const { artifacts } = context;
  const corrections = await storedCorrections(parameters.dataset, artifacts);
  const finish = (read: Dataset) => finishDataset(read, corrections, parameters, context);
  if (joined) return finish(await joinParts(joined, artifacts));
  const manifest = await artifacts.getJson(inputs.source, sourceManifestSchema);
  const files = new SourceFiles(manifest.files, context);
  const opened = await openSource({
    files,
    reading: parameters.dataset,
    parameters: parameters.ingest,
    scratchFolder: context.scratchFolder,
    reader: await loadReader(parameters.ingest.reader, artifacts),
  });
  try {
    const source = limitImages(correctImages(opened, corrections, parameters.ingest), parameters.ingest);
    const parts = divideImages(source.images ?? []);
    if (parts.length > 1) {
      const refs = await storeParts(source, parts, { files: files.known, artifacts });
      return { parts: refs, outputs: await storeSource(manifest, files, artifacts) };
    }
    const { outputs, summary } = await finish(await storeRows(source, context, parameters.ingest));
    const { pixelsFrom, dtype } = opened;
    if (pixelsFrom !== undefined) context.log.info({ values: pixelsFrom, pixels: dtype }, "values were taken for pixels");
    return {
      outputs: { ...outputs, ...(await storeSource(manifest, files, artifacts)) },
      summary: { ...summary, ...(pixelsFrom === undefined ? {} : { pixels: `${dtype} of ${pixelsFrom}` }) },
    };
  } finally {
    await opened.close?.();
  }
}

/** Where files were fetched from elsewhere: the same source by content, so that the run can be done again when they are gone there. */
async function storeSource(
  manifest: SourceManifest,
  { known }: SourceFiles,
  artifacts: ArtifactStore,
): Promise<{ source?: ArtifactRef }> {
  if (manifest.files.every(({ url }) => url === undefined)) return {};
  return { source: await artifacts.putJson({ ...manifest, files: known }) };
}

async function storedCorrections({ corrections }: DatasetReading, artifacts: ArtifactStore): Promise<Correction[]> {
  if (corrections === undefined) return [];
  if (typeof corrections === "string")
    throw new InvalidConfiguration(
      `dataset.corrections ${JSON.stringify(corrections)} was not brought into the store before the run`,
    );
  const { file, content } = corrections;
  return readCorrections(parseTextTable(await artifacts.get(content), file), file);
}

async function finishDataset(
  read: Dataset,
  corrections: readonly Correction[],
  { ingest: { maxUnreadableShare }, dataset: { licence } }: IngestTaskParameters,
  { artifacts, log }: StageContext,
): Promise<StageResult<{ dataset: ArtifactRef }>> {
  checkUnreadable(read, maxUnreadableShare);
  const { rowCount, shards, unreadable, classes, height, width, channels } = read;
  log.info({ rows: rowCount, shards: shards.length, unreadable: unreadable.length }, "source read");
  const dataset = { ...read, licence: licence ?? null, ...(corrections.length > 0 ? { corrections } : {}) };
  const excluded = corrections.filter(({ action }) => action === "exclude").length;
  return {
    outputs: { dataset: await artifacts.putJson(dataset) },
    summary: {
      ...(corrections.length > 0 ? { excluded, relabelled: corrections.length - excluded } : {}),
      images: rowCount,
      classes: classes.length,
      size: `${height}×${width}×${channels}`,
      unreadable: unreadable.length,
    },
  };
}

/** Opens a source by the reader that its names, or the pipeline file, ask for. */
export async function openSource(task: ReaderTask): Promise<ImageSource> {
  if (task.reading.table !== undefined) return openTableSource(task.reading.table, task);
  if (task.reader && task.files.paths.some(task.reader.reads)) return openFolderSource(task);
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

/** Lines without image and images without line are rules' of the check. */
function checkUnreadable({ unreadable, rowCount }: Dataset, largestShare: number): void {
  const broken = unreadable.filter(({ cause }) => cause === undefined);
  const share = broken.length / Math.max(1, rowCount + broken.length);
  if (rowCount > 0 && share <= largestShare) return;
  const shown = broken.slice(0, 5).map(({ source, reason }) => `${source} (${reason})`);
  throw new InvalidData(
    `${broken.length} of ${rowCount + broken.length} images could not be read; ingest.maxUnreadableShare accepts ` +
      `${largestShare}; received ${share.toFixed(4)}: ${shown.join("; ")}. Repair or remove them, or accept a larger share`,
  );
}
