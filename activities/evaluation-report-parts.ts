import type { ArtifactRef } from "../ml/artifact.ts";
import type { Evaluation } from "../ml/evaluate/schema.ts";
import { heatOverlay } from "../ml/evaluate/heat-overlay.ts";
import type { Dataset, Samples } from "../ml/ingest/schema.ts";
import { modelFileSchema } from "../ml/model-file/schema.ts";
import { findLeaks } from "../ml/split/find-leaks.ts";
import type { Pipeline } from "../ml/pipeline.ts";
import type { Mistake } from "../reports/evaluation/mistakes.ts";
import type { EvaluationReport } from "../reports/evaluation-report.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { readImages } from "../storage/dataset-images.ts";
import type { NpyArray } from "../storage/npy.ts";
import { decodeNpy } from "../storage/npy.ts";
import { readSamples } from "../storage/tables.ts";
import { testSetHash } from "../storage/test-sets.ts";
import { datasetFacts } from "./dataset-facts.ts";
import { slicesOf } from "./slices-of.ts";
import type { EvaluateInputs } from "./evaluate.ts";
import { makePicture } from "./picture.ts";
import type { StageContext } from "./stage.ts";

interface ReportTask {
  inputs: EvaluateInputs;
  /** Parquet with `row`, `truth` and `predicted` of the test part. */
  predictions: ArtifactRef;
  /** Where the network saw its worst mistakes; null where there are no maps. */
  activationMaps: ArtifactRef | null;
  dataset: Dataset;
  evaluation: Evaluation;
  /** Null where the run's record is not there yet. */
  pipeline: Pipeline | null;
  /** Columns whose slices are scored; undefined = all. */
  slices: readonly string[] | undefined;
}

/** What the page shows besides numbers: data card, layers, and the worst mistakes as pictures. */
export async function gatherReport(
  { inputs, predictions, activationMaps, dataset, evaluation, pipeline, slices }: ReportTask,
  { artifacts }: StageContext,
  noteUse: (testSet: string) => Promise<number>,
): Promise<Pick<EvaluationReport, "dataset" | "leaks" | "mistakes" | "slices" | "modelSummary" | "pipelineName">> {
  const [samples, codes, model] = await Promise.all([
    artifacts.localPath(dataset.samples).then((path) => readSamples(path, dataset)),
    artifacts.get(inputs.split).then((bytes) => decodeNpy(bytes, inputs.split.uri).data as Uint8Array),
    artifacts.getJson(inputs.model, modelFileSchema),
  ]);
  const path = pipeline?.dataset.path;
  const name = path === undefined ? "data set" : [path].flat().join(", ");
  const testSet = testSetHash(samples, codes);
  const uses = await noteUse(testSet);
  return {
    pipelineName: pipeline?.name ?? "model",
    dataset: {
      ...datasetFacts(dataset, samples, codes, { name, sha256: inputs.dataset.sha256 }),
      testSet: { sha256: testSet, uses },
    },
    mistakes: await mistakePictures({ dataset, samples, evaluation, activationMaps }, artifacts),
    leaks: leaksOf(samples, codes, pipeline),
    slices: await slicesOf({ dataset, samples, predictions, slices }, artifacts),
    modelSummary: model.summary,
  };
}

/** What stands on both sides of the split, with the reasons for which that was accepted. */
function leaksOf(samples: Samples, codes: Uint8Array, pipeline: Pipeline | null): EvaluationReport["leaks"] {
  const waived = pipeline?.check.waive.filter(({ rule }) => rule.endsWith("-across-parts")) ?? [];
  return { ...findLeaks(samples, codes), reasons: [...new Set(waived.map(({ reason }) => reason))] };
}

async function mistakePictures(
  {
    dataset,
    samples: { id },
    evaluation: { worstMistakes },
    activationMaps,
  }: Pick<ReportTask, "dataset" | "evaluation" | "activationMaps"> & { samples: Samples },
  artifacts: ArtifactStore,
): Promise<Mistake[]> {
  const images = await readImages(
    dataset,
    artifacts,
    worstMistakes.map(({ row }) => row),
  );
  const fullScale = dataset.dtype === "uint8" ? 255 : largestOf(images.values());
  const maps = activationMaps && decodeNpy(await artifacts.get(activationMaps), activationMaps.uri);
  return Promise.all(
    worstMistakes.map(async ({ row, truth, predicted, probability }, i) => {
      const pixels = images.get(row);
      if (pixels === undefined) throw new RangeError(`Row ${row} is in no shard of the data set`);
      const { dataUri, width, height } = await makePicture(pixels, dataset, fullScale, { alt: "", caption: "" });
      const sampleId = id[row];
      return {
        dataUri,
        width,
        height,
        truth,
        predicted,
        probability,
        ...(maps ? { heat: await heatPicture(pixels, dataset, fullScale, mapAt(maps, i)) } : {}),
        ...(sampleId === undefined ? {} : { id: sampleId }),
      };
    }),
  );
}

async function heatPicture(
  pixels: Uint8Array | Uint16Array,
  dataset: Dataset,
  fullScale: number,
  map: ReturnType<typeof mapAt>,
): Promise<string> {
  const overlay = heatOverlay(pixels, dataset, fullScale, map);
  return (await makePicture(overlay, { ...dataset, channels: 3 }, 255, { alt: "", caption: "" })).dataUri;
}

function mapAt({ data, shape: [, height = 0, width = 0] }: NpyArray, i: number) {
  const levels = data.subarray(i * height * width, (i + 1) * height * width);
  return { height, width, values: Float32Array.from(levels as Uint8Array, (level) => level / 255) };
}

/** Sets of 16 bits seldom use all of their range; the brightest value shown is white. */
function largestOf(images: Iterable<Uint8Array | Uint16Array>): number {
  let largest = 1;
  for (const image of images) for (const value of image) largest = Math.max(largest, value);
  return largest;
}
