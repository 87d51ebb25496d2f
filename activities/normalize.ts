import type { ArtifactRef } from "../ml/artifact.ts";
import { datasetSchema, type Dataset } from "../ml/ingest/schema.ts";
import { NormalizerFit } from "../ml/normalize/fit-normalizer.ts";
import type { NormalizeParameters } from "../ml/normalize/schema.ts";
import { partCodes } from "../ml/split/schema.ts";
import { imageBlocks } from "../storage/dataset-images.ts";
import { readSplit } from "../storage/read-split.ts";
import { storeWhitening } from "../storage/whitening.ts";
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
  if (parameters.method === "zca") showDecomposition(dataset, codes, context);
  const { normalizer, whitening } = await inTurns(fit.fitted(), signal);
  const stored = whitening ? { ...normalizer, whitening: await storeWhitening(whitening, artifacts) } : normalizer;
  const { method, rowCount } = normalizer;
  return { outputs: { normalizer: await artifacts.putJson(stored) }, summary: { method, rows: rowCount } };
}

/** Of large images this takes minutes, after the last of them was read. */
function showDecomposition({ height, width, channels }: Dataset, codes: Uint8Array, { log, report }: StageContext): void {
  const rows = codes.length;
  report({ done: rows, total: rows, unit: "images", phase: "decomposing" });
  log.info({ values: height * width * channels }, "all images are read; decomposing their covariance");
}

/** Shows the fit the training rows among some, one after another. */
function* addRows(
  fit: NormalizerFit,
  images: Uint8Array | Uint16Array,
  { codes, valuesPerRow }: { codes: Uint8Array; valuesPerRow: number },
): Generator<void, void> {
  for (const [row, code] of codes.entries()) {
    if (code !== partCodes.train) continue;
    yield* fit.add(images.subarray(row * valuesPerRow, (row + 1) * valuesPerRow));
    yield;
  }
}
