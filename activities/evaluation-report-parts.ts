import type { ArtifactRef } from "../ml/artifact.ts";
import type { Evaluation } from "../ml/evaluate/schema.ts";
import type { Dataset, Samples } from "../ml/ingest/schema.ts";
import { modelFileSchema } from "../ml/model-file/schema.ts";
import { findLeaks } from "../ml/split/find-leaks.ts";
import type { Pipeline } from "../ml/pipeline.ts";
import type { Mistake } from "../reports/evaluation/mistakes.ts";
import type { EvaluationReport } from "../reports/evaluation-report.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { readImages } from "../storage/dataset-images.ts";
import { decodeNpy } from "../storage/npy.ts";
import { readSamples } from "../storage/tables.ts";
import { datasetFacts } from "./dataset-facts.ts";
import { slicesOf } from "./slices-of.ts";
import type { EvaluateInputs } from "./evaluate.ts";
import { makePicture } from "./picture.ts";
import type { StageContext } from "./stage.ts";

interface ReportTask {
  inputs: EvaluateInputs;
  /** Parquet with `row`, `truth` and `predicted` of the test part. */
  predictions: ArtifactRef;
  dataset: Dataset;
  evaluation: Evaluation;
  /** Null where the run's record is not there yet. */
  pipeline: Pipeline | null;
  /** Columns whose slices are scored; undefined = all. */
  slices: readonly string[] | undefined;
}

/** What the page shows besides numbers: data card, layers, and the worst mistakes as pictures. */
export async function gatherReport(
  { inputs, predictions, dataset, evaluation, pipeline, slices }: ReportTask,
  { artifacts }: StageContext,
): Promise<Pick<EvaluationReport, "dataset" | "leaks" | "mistakes" | "slices" | "modelSummary" | "pipelineName">> {
  const [samples, codes, model] = await Promise.all([
    artifacts.localPath(dataset.samples).then((path) => readSamples(path, dataset)),
    artifacts.get(inputs.split).then((bytes) => decodeNpy(bytes, inputs.split.uri).data as Uint8Array),
    artifacts.getJson(inputs.model, modelFileSchema),
  ]);
  const path = pipeline?.dataset.path;
  const name = path === undefined ? "data set" : [path].flat().join(", ");
  return {
    pipelineName: pipeline?.name ?? "model",
    dataset: datasetFacts(dataset, samples, codes, { name, sha256: inputs.dataset.sha256 }),
    mistakes: await mistakePictures(dataset, samples, evaluation, artifacts),
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
  dataset: Dataset,
  { id }: Samples,
  { worstMistakes }: Evaluation,
  artifacts: ArtifactStore,
): Promise<Mistake[]> {
  const images = await readImages(
    dataset,
    artifacts,
    worstMistakes.map(({ row }) => row),
  );
  const fullScale = dataset.dtype === "uint8" ? 255 : largestOf(images.values());
  return Promise.all(
    worstMistakes.map(async ({ row, truth, predicted, probability }) => {
      const pixels = images.get(row);
      if (pixels === undefined) throw new RangeError(`Row ${row} is in no shard of the data set`);
      const { dataUri, width, height } = await makePicture(pixels, dataset, fullScale, { alt: "", caption: "" });
      const [, mediaType = "", image = ""] = /^data:([^;]+);base64,(.*)$/.exec(dataUri) ?? [];
      const sampleId = id[row];
      return {
        image,
        mediaType: mediaType as NonNullable<Mistake["mediaType"]>,
        width,
        height,
        truth,
        predicted,
        probability,
        ...(sampleId === undefined ? {} : { id: sampleId }),
      };
    }),
  );
}

/** Sets of 16 bits seldom use all of their range; the brightest value shown is white. */
function largestOf(images: Iterable<Uint8Array | Uint16Array>): number {
  let largest = 1;
  for (const image of images) for (const value of image) largest = Math.max(largest, value);
  return largest;
}
