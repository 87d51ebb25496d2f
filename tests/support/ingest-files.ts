import { ingest } from "../../activities/ingest.ts";
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
  const { outputs } = await ingest(
    { parameters: { ingest: ingestParameters, dataset: reading }, inputs: { source }, seed: 0 },
    stage,
  );
  const dataset = await stage.artifacts.getJson(outputs.dataset, datasetSchema);
  const samples = await readSamples(await stage.artifacts.localPath(dataset.samples), dataset);
  const pixels: number[] = [];
  for (const { ref } of dataset.shards) {
    for (const value of decodeNpy(await stage.artifacts.get(ref), "shard").data) pixels.push(Number(value));
  }
  return { dataset, samples, pixels, sha256: outputs.dataset.sha256 };
}
