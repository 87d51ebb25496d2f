import type { ArtifactRef } from "../ml/artifact.ts";
import { datasetSchema } from "../ml/ingest/schema.ts";
import { NormalizerFit } from "../ml/normalize/fit-normalizer.ts";
import type { NormalizeParameters } from "../ml/normalize/schema.ts";
import { partCodes } from "../ml/split/schema.ts";
import { readSplit } from "../storage/read-split.ts";
import { readShards } from "../storage/shards.ts";
import type { StageContext, StageResult, StageTask } from "./stage.ts";

/** Fits the normalizer on the training rows alone, shard by shard. A retry gives the same. */
export async function normalize(
  { parameters, inputs }: StageTask<NormalizeParameters, { dataset: ArtifactRef; split: ArtifactRef }>,
  context: StageContext,
): Promise<StageResult<{ normalizer: ArtifactRef }>> {
  const { artifacts, signal } = context;
  const dataset = await artifacts.getJson(inputs.dataset, datasetSchema);
  const codes = await readSplit(artifacts, inputs.split, dataset);
  const fit = new NormalizerFit(parameters, dataset);
  if (fit.readsPixels) {
    const valuesPerRow = dataset.height * dataset.width * dataset.channels;
    for await (const { firstRow, rows, pixels } of readShards(artifacts, dataset)) {
      signal.throwIfAborted();
      for (let row = 0; row < rows; row++) {
        if (codes[firstRow + row] === partCodes.train) fit.add(pixels.subarray(row * valuesPerRow, (row + 1) * valuesPerRow));
      }
      context.progress(firstRow + rows, dataset.rowCount, "images");
    }
  } else {
    for (const code of codes) if (code === partCodes.train) fit.addUnread();
  }
  const normalizer = fit.normalizer();
  const { method, rowCount } = normalizer;
  return { outputs: { normalizer: await artifacts.putJson(normalizer) }, summary: { method, rows: rowCount } };
}
