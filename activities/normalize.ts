import type { ArtifactRef } from "../ml/artifact.ts";
import { datasetSchema } from "../ml/ingest/schema.ts";
import { NormalizerFit } from "../ml/normalize/fit-normalizer.ts";
import type { NormalizeParameters } from "../ml/normalize/schema.ts";
import { partCodes } from "../ml/split/schema.ts";
import { imageBlocks } from "../storage/dataset-images.ts";
import { readSplit } from "../storage/read-split.ts";
import { inTurns } from "./in-turns.ts";
import type { StageContext, StageResult, StageTask } from "./stage.ts";

/** Fits the normalizer on the training rows alone, block by block. A retry gives the same. */
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
    for await (const { firstRow, rows, images } of imageBlocks(dataset, artifacts, signal)) {
      await inTurns(addRows(fit, images, { codes: codes.subarray(firstRow, firstRow + rows), valuesPerRow }), signal);
      context.progress(firstRow + rows, dataset.rowCount, "images");
    }
  } else {
    for (const code of codes) if (code === partCodes.train) fit.addUnread();
  }
  const normalizer = await inTurns(fit.normalizer(), signal);
  const { method, rowCount } = normalizer;
  return { outputs: { normalizer: await artifacts.putJson(normalizer) }, summary: { method, rows: rowCount } };
}

/** Shows the fit the training rows among some, one a step. */
function* addRows(
  fit: NormalizerFit,
  images: Uint8Array | Uint16Array,
  { codes, valuesPerRow }: { codes: Uint8Array; valuesPerRow: number },
): Generator<void, void> {
  for (const [row, code] of codes.entries()) {
    if (code !== partCodes.train) continue;
    fit.add(images.subarray(row * valuesPerRow, (row + 1) * valuesPerRow));
    yield;
  }
}
