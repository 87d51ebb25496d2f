import { ingestPart } from "../../activities/ingest-part.ts";
import type { IngestTaskParameters } from "../../activities/ingest.ts";
import { ingest } from "../../activities/ingest.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
import type { Dataset, DatasetReading, IngestParameters, Samples } from "../../ml/ingest/schema.ts";
import { datasetSchema, ingestParametersSchema } from "../../ml/ingest/schema.ts";
import { decodeNpy } from "../../storage/npy.ts";
import { readSamples } from "../../storage/tables.ts";
import type { TestStage } from "./stage-context.ts";
import { storeSource } from "./stage-context.ts";

export interface Ingested {
  dataset: Dataset;
  samples: Samples;
  /** All values of all shards, in row order. */
  pixels: number[];
  /** sha256 of the data set's own JSON. */
  sha256: string;
}

/** Runs ingest on files given by path and reads everything it made. */
export async function ingestFiles(
  stage: TestStage,
  files: Record<string, Uint8Array>,
  { reading = {}, parameters = {} }: { reading?: DatasetReading; parameters?: Partial<IngestParameters> } = {},
): Promise<Ingested> {
  const source = await storeSource(stage.artifacts, files);
  const ingestParameters = ingestParametersSchema.parse({ shardRows: 3, ...parameters });
  const ref = await ingestSource(stage, source, { ingest: ingestParameters, dataset: reading });
  const dataset = await stage.artifacts.getJson(ref, datasetSchema);
  const samples = await readSamples(await stage.artifacts.localPath(dataset.samples), dataset);
  const pixels: number[] = [];
  for (const shard of dataset.shards) {
    for (const value of decodeNpy(await stage.artifacts.get(shard.ref), "shard").data) pixels.push(Number(value));
  }
  return { dataset, samples, pixels, sha256: ref.sha256 };
}

/** Ingests as the workflow does: parts, where there are some, are made and joined. */
export async function ingestSource(
  stage: TestStage,
  source: ArtifactRef,
  parameters: IngestTaskParameters,
): Promise<ArtifactRef> {
  const task = { parameters, inputs: { source }, seed: 0 };
  const answer = await ingest(task, stage);
  if (!("parts" in answer)) return answer.outputs.dataset;
  const joined: ArtifactRef[] = [];
  // One after the other: here all share one scratch folder.
  for (const part of answer.parts) joined.push(await ingestPart({ parameters, part }, stage));
  const whole = await ingest({ ...task, joined }, stage);
  if ("parts" in whole) throw new Error("ingest was asked to join its parts, and answered with others");
  return whole.outputs.dataset;
}
