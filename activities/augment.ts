import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import { checkChannels } from "../ml/augment/check-channels.ts";
import type { IdentifiedImage } from "../ml/augment/augmentation-preview.ts";
import { isEnabled } from "../ml/augment/draw-layout.ts";
import { previewSheet } from "../ml/augment/preview-sheet.ts";
import type { AugmentParameters, Augmentation } from "../ml/augment/schema.ts";
import type { Dataset } from "../ml/ingest/schema.ts";
import { datasetSchema } from "../ml/ingest/schema.ts";
import { hashUnit } from "../ml/random.ts";
import { partCodes } from "../ml/split/schema.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { imageBlocks } from "../storage/dataset-images.ts";
import { readSplit } from "../storage/read-split.ts";
import { readSamples } from "../storage/tables.ts";
import type { StageContext, StageResult, StageTask } from "./stage.ts";
import { sharp } from "../sharp.ts";

const previewImages = 6;
const previewEpochs = 7;

/**
 * Writes the recipe that training draws from, and a sheet that shows it on training images. Nothing is drawn ahead: each draw follows from
 * (seed, epoch, sample id) while batches are read. A retry gives the same.
 */
export async function augment(
  { parameters, inputs, seed }: StageTask<AugmentParameters, { dataset: ArtifactRef; split: ArtifactRef }>,
  { artifacts }: StageContext,
): Promise<StageResult<{ augmentation: ArtifactRef; preview: ArtifactRef }>> {
  const dataset = await artifacts.getJson(inputs.dataset, datasetSchema);
  checkChannels(parameters, dataset.channels);
  const augmentation: Augmentation = { formatVersion: 1, enabled: isEnabled(parameters), seed, parameters };
  const images = await chooseImages(artifacts, dataset, await readSplit(artifacts, inputs.split, dataset), seed);
  const sheet = previewSheet(augmentation, images, previewEpochs, dataset.dtype === "uint8" ? 255 : 65_535);
  const { height, width, channels, pixels } = sheet;
  const png = await sharp(pixels, { raw: { height, width, channels } }).png().toBuffer();
  return {
    outputs: { augmentation: await artifacts.putJson(augmentation), preview: await artifacts.put(png, mediaTypes.png) },
    summary: { enabled: augmentation.enabled },
  };
}

/** Some training images by hash order, from the first block that has any: a preview is not worth reading the whole set. */
async function chooseImages(
  artifacts: ArtifactStore,
  dataset: Dataset,
  codes: Uint8Array,
  seed: number,
): Promise<IdentifiedImage[]> {
  const { id } = await readSamples(await artifacts.localPath(dataset.samples), dataset);
  const { height, width, channels } = dataset;
  const valuesPerRow = height * width * channels;
  for await (const { firstRow, rows, images } of imageBlocks(dataset, artifacts)) {
    const chosen = Array.from({ length: rows }, (_, row) => firstRow + row)
      .filter((row) => codes[row] === partCodes.train)
      .map((row) => ({ row, order: hashUnit(seed, "augment", "preview", id[row] ?? row) }))
      .toSorted((a, b) => a.order - b.order)
      .slice(0, previewImages);
    if (chosen.length === 0) continue;
    return chosen.map(({ row }) => ({
      id: id[row] ?? String(row),
      height,
      width,
      channels,
      values: images.subarray((row - firstRow) * valuesPerRow, (row - firstRow + 1) * valuesPerRow),
    }));
  }
  return [];
}
