import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import { augmentationSchema } from "../ml/augment/schema.ts";
import { findLabelNoise } from "../ml/check/label-noise/find-label-noise.ts";
import { rowsAsked } from "../ml/check/label-noise/rows-asked.ts";
import type { OutOfFold } from "../ml/check/label-noise/suspicious-labels.ts";
import type { LabelNoise } from "../ml/check/label-noise/schema.ts";
import type { CheckReport, GateParameters } from "../ml/check/schema.ts";
import { checkReportSchema } from "../ml/check/schema.ts";
import { InvalidData } from "../ml/errors.ts";
import { classCounts } from "../ml/explore/class-balance.ts";
import { ImageMapper } from "../ml/explore/image-map.ts";
import { ImageStatistics } from "../ml/explore/image-statistics.ts";
import type { ExploreParameters } from "../ml/explore/schema.ts";
import { summarizeDataset } from "../ml/explore/summarize-dataset.ts";
import type { Dataset, Samples } from "../ml/ingest/schema.ts";
import { datasetSchema } from "../ml/ingest/schema.ts";
import { partCodes } from "../ml/split/schema.ts";
import { edaReport } from "../reports/eda-report.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { imageBlocks, type ImageBlock } from "../storage/dataset-images.ts";
import { decodeNpy } from "../storage/npy.ts";
import { readSplit } from "../storage/read-split.ts";
import { withoutSecrets } from "../storage/secrets.ts";
import { readSamples } from "../storage/tables.ts";
import { refuseUnknownColumns } from "../ml/ingest/unknown-columns.ts";
import { explorePictures } from "./explore-pictures.ts";
import { inTurns } from "./in-turns.ts";
import type { StageContext, StageParts, StageResult, StageTask } from "./stage.ts";

/** `labelNoise`: how the rule is asked; absent where it is not wanted. */
type ExploreTaskParameters = ExploreParameters & { labelNoise?: GateParameters };

export interface ExploreInputs extends Record<string, ArtifactRef> {
  dataset: ArtifactRef;
  split: ArtifactRef;
  augmentation: ArtifactRef;
  check: ArtifactRef;
}

/**
 * Looks at a data set from all sides: a page to read and its numbers as JSON. Streams over the shards once, in bounded memory, then reads
 * the few images it shows. Equal inputs give equal bytes, so a retry stores nothing twice.
 */
export async function explore(
  task: StageTask<ExploreTaskParameters, ExploreInputs>,
  context: StageContext,
): Promise<StageResult<{ report: ArtifactRef; numbers: ArtifactRef }> | StageParts> {
  const { artifacts, log } = context;
  const { inputs, parameters, seed, joined } = task;
  if (parameters.labelNoise && !joined) {
    const { dataset, split } = inputs;
    return { parts: [await artifacts.putJson({ formatVersion: 1, dataset, split, seed })] };
  }
  const dataset = await artifacts.getJson(inputs.dataset, datasetSchema);
  const samples = await readSamples(await artifacts.localPath(dataset.samples), dataset);
  const split = await readSplit(artifacts, inputs.split, dataset);
  const augmentation = await artifacts.getJson(inputs.augmentation, augmentationSchema);
  const known = { dataset, samples, split };
  const { statistics, map } = await measureImages({ dataset, samples, split, seed }, context);
  refuseUnknownColumns(parameters.by, dataset, "explore.by");
  const checked = await readCheck(task, known, context);
  const exploration = await inTurns(summarizeDataset({ ...known, ...checked, statistics, map }), context.signal);
  const { samplesPerClass, by = null } = parameters;
  const pictures = await explorePictures({ ...known, statistics, exploration, augmentation, samplesPerClass, seed }, artifacts);
  const html = edaReport({ exploration, dataset, sha256: inputs.dataset.sha256, augmentation, seed, samples, pictures, by });

  const report = await artifacts.put(Buffer.from(withoutSecrets(html)), mediaTypes.html);
  const numbers = await artifacts.putJson(exploration);
  const alerts = exploration.alerts.map(({ severity, message }) => `${severity}: ${message}`);
  log.info({ alerts, reportBytes: report.sizeBytes }, `explored ${dataset.rowCount} images`);
  return {
    outputs: { report, numbers },
    summary: { images: dataset.rowCount, classes: dataset.classes.length, alerts: alerts.length, firstAlert: alerts[0] ?? null },
  };
}

interface KnownRows {
  dataset: Dataset;
  samples: Samples;
  split: Uint8Array;
}

/** What the check found, and the rule that could only be asked now where it is wanted. */
async function readCheck(
  { inputs, parameters, seed, joined }: StageTask<ExploreTaskParameters, ExploreInputs>,
  known: KnownRows,
  { artifacts, signal }: StageContext,
): Promise<{ check: CheckReport; labelNoise: LabelNoise | null }> {
  const check = await artifacts.getJson(inputs.check, checkReportSchema);
  const probabilities = joined?.[0];
  if (!probabilities || !parameters.labelNoise) return { check, labelNoise: null };
  const outOfFold = await readOutOfFold(probabilities, known, seed, artifacts);
  const { results, labelNoise } = await inTurns(findLabelNoise(known, outOfFold, parameters.labelNoise), signal);
  return { check: { ...check, results: [...check.results, ...results] }, labelNoise };
}

/** @throws {InvalidData} if the array has not a row for each row asked */
async function readOutOfFold(
  ref: ArtifactRef,
  { dataset, samples, split }: KnownRows,
  seed: number,
  artifacts: ArtifactStore,
): Promise<OutOfFold> {
  const rows = rowsAsked(samples, split, seed);
  const { shape, data } = decodeNpy(await artifacts.get(ref), ref.uri);
  if (shape.join() !== `${rows.length},${dataset.classes.length}` || !(data instanceof Float32Array)) {
    throw new InvalidData(
      `${ref.uri}: float32 [${rows.length}, ${dataset.classes.length}] was expected; received [${shape.join(", ")}]`,
    );
  }
  return { rows, probabilities: data };
}

interface MeasureTask {
  dataset: Dataset;
  samples: Samples;
  split: Uint8Array;
  seed: number;
}

/** One pass over all pixels. */
async function measureImages(task: MeasureTask, context: StageContext) {
  const { dataset, samples, seed } = task;
  const fullScale = dataset.dtype === "uint8" ? 255 : 65_535;
  const statistics = new ImageStatistics(
    dataset,
    fullScale,
    dataset.rowCount,
    classCounts(samples.label, dataset.classes.length),
  );
  const mapper = new ImageMapper(dataset, fullScale, samples, seed);
  for await (const block of imageBlocks(dataset, context.artifacts, context.signal)) {
    await inTurns(measureBlock(block, task, { statistics, mapper }), context.signal);
    context.progress(block.firstRow + block.rows, dataset.rowCount, "images");
  }
  return { statistics, map: await inTurns(mapper.finish(), context.signal) };
}

/** Shows both the images of a block, one a step. */
function* measureBlock(
  { firstRow, rows, images }: ImageBlock,
  { dataset, samples, split }: MeasureTask,
  { statistics, mapper }: { statistics: ImageStatistics; mapper: ImageMapper },
): Generator<void, void> {
  const size = dataset.height * dataset.width * dataset.channels;
  for (let i = 0; i < rows; i++) {
    const row = firstRow + i;
    const image = images.subarray(i * size, (i + 1) * size);
    statistics.add(image, row, samples.label[row] ?? -1, split[row] === partCodes.train);
    mapper.add(image, row);
    yield;
  }
}
