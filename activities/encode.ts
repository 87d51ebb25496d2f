import type { ArtifactRef } from "../ml/artifact.ts";
import { fitEncoder } from "../ml/encode/fit-encoder.ts";
import type { EncodeParameters } from "../ml/encode/schema.ts";
import { datasetSchema } from "../ml/ingest/schema.ts";
import { readSplit } from "../storage/read-split.ts";
import { readSamples } from "../storage/tables.ts";
import type { StageContext, StageResult, StageTask } from "./stage.ts";

/** Decides how labels become targets and counts the training rows of each class. A retry gives the same. */
export async function encode(
  { parameters, inputs }: StageTask<EncodeParameters, { dataset: ArtifactRef; split: ArtifactRef }>,
  { artifacts }: StageContext,
): Promise<StageResult<{ encoder: ArtifactRef }>> {
  const dataset = await artifacts.getJson(inputs.dataset, datasetSchema);
  const [samples, codes] = await Promise.all([
    artifacts.localPath(dataset.samples).then((path) => readSamples(path, dataset)),
    readSplit(artifacts, inputs.split, dataset),
  ]);
  const encoder = fitEncoder(samples.label, codes, dataset.classes, parameters);
  return {
    outputs: { encoder: await artifacts.putJson(encoder) },
    summary: { encoding: encoder.encoding, classes: encoder.classes.length },
  };
}
