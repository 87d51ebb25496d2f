import { predictedClasses } from "../ml/evaluate/predicted-classes.ts";
import { InvalidData } from "../ml/errors.ts";
import { ingestParametersSchema } from "../ml/ingest/schema.ts";
import type { ModelVersion } from "../ml/register/schema.ts";
import type { OpenBucket } from "../storage/object-store.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { readImages } from "../storage/dataset-images.ts";
import type { RunRecords } from "../storage/run-records.ts";
import { SourceFiles } from "../storage/source-files.ts";
import type { VersionData } from "../storage/version-data.ts";
import { decodeInOrder } from "./ingest/decode-in-order.ts";
import { loadReader } from "./ingest/own-reader.ts";
import { openSource } from "./ingest.ts";
import { imageBytes, inputShape, resizeParameters } from "./model-input.ts";
import type { Predictor } from "./predictor.ts";

export interface RescoreTask {
  /** The model that is asked. */
  model: ModelVersion;
  /** Whose test set it is. */
  owner: ModelVersion;
  data: VersionData;
  /** Rows of the test set. */
  rows: Int32Array;
}

export interface RescoreContext {
  artifacts: ArtifactStore;
  openBucket: OpenBucket;
  runs: Pick<RunRecords, "find">;
  predictor: Pick<Predictor, "batchSize" | "predict">;
  scratchFolder: string;
  signal: AbortSignal;
}

/**
 * A model's answers to a test set of another's, with its own preprocessing: stored pixels where both bring images to the same shape, else
 * the source's files, decoded anew.
 * @returns names of classes, by row
 * @throws {InvalidData} where the images cannot be brought to the model's shape
 */
export async function rescore(task: RescoreTask, context: RescoreContext): Promise<string[]> {
  const { signature } = task.model;
  const { predictor } = context;
  const answers: string[] = [];
  let batch: Uint8Array[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    const probabilities = await predictor.predict(Buffer.concat(batch), batch.length);
    const codes = predictedClasses(probabilities, signature.classes.length, signature.threshold ?? 0.5);
    for (const code of codes) answers.push(signature.classes[code] ?? "");
    batch = [];
  };
  for await (const pixels of isSameInput(task) ? storedPixels(task, context) : decodedPixels(task, context)) {
    context.signal.throwIfAborted();
    batch.push(pixels);
    if (batch.length === predictor.batchSize) await flush();
  }
  await flush();
  return answers;
}

function isSameInput({ model, owner }: RescoreTask): boolean {
  const taken = ({ signature: { input, preprocessing } }: ModelVersion) =>
    JSON.stringify([input.shape, input.dtype, preprocessing?.resize, preprocessing?.kernel]);
  return taken(model) === taken(owner);
}

async function* storedPixels({ data, rows }: RescoreTask, { artifacts, predictor }: RescoreContext): AsyncIterable<Uint8Array> {
  for (let start = 0; start < rows.length; start += predictor.batchSize) {
    const wanted = rows.subarray(start, start + predictor.batchSize);
    const images = await readImages(data.dataset, artifacts, wanted);
    for (const row of wanted) {
      const values = images.get(row);
      if (values) yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    }
  }
}

/** The rows' images from the files they came from, brought to the model's shape by ingest's own code. */
async function* decodedPixels(
  { model, owner, data, rows }: RescoreTask,
  { artifacts, openBucket, runs, scratchFolder, signal }: RescoreContext,
): AsyncIterable<Uint8Array> {
  const shape = inputShape(model.signature);
  const record = await runs.find(owner.runId);
  const takes = `${model.name}:${model.version} takes images of ${shape.height}×${shape.width}×${shape.channels}`;
  if (!record || !data.source) throw new InvalidData(`${takes}, and the record that says where the test set's files are is gone`);
  const { height, width } = shape;
  const source = await openSource({
    files: new SourceFiles(data.source.files, { artifacts, openBucket, scratchFolder, signal }),
    reading: record.pipeline.dataset,
    parameters: ingestParametersSchema.parse({
      ...record.pipeline.ingest,
      ...resizeParameters(model),
      height,
      width,
      channels: shape.channels,
    }),
    scratchFolder,
    reader: await loadReader(record.pipeline.ingest.reader, artifacts),
  });
  try {
    const byId = new Map((source.images ?? []).map((image) => [image.sample.id, image]));
    const images = Array.from(rows, (row) => {
      const image = byId.get(data.samples.id[row] ?? "");
      if (!image) throw new InvalidData(`${takes}, and the test set's row ${row} is no image file that could be resized`);
      return image;
    });
    for await (const { image, pixels, reason } of decodeInOrder(images, shape, resizeParameters(model))) {
      if (pixels?.byteLength !== imageBytes(shape)) throw new InvalidData(`${image.entry.path} cannot be read again: ${reason}`);
      yield pixels;
    }
  } finally {
    await source.close?.();
  }
}
