import sharp from "sharp";

import { runTrainer } from "../../activities/trainer-process.ts";
import { mediaTypes } from "../../ml/artifact.ts";
import { evaluateParametersSchema } from "../../ml/evaluate/schema.ts";
import { evaluationBatchSize } from "../../ml/model/evaluation-batch-size.ts";
import type { ModelVersion } from "../../ml/register/schema.ts";
import { partCodes } from "../../ml/split/schema.ts";
import type { EvaluateResult, TrainResult } from "../../ml/train/trainer-messages.ts";
import { readImages } from "../../storage/dataset-images.ts";
import { ModelRegistry } from "../../storage/model-registry.ts";
import { readSplit } from "../../storage/read-split.ts";
import { keptLog } from "./quiet-log.ts";
import type { SmallDataset } from "./small-dataset.ts";
import { smallTrainJob, storeSmallDataset } from "./small-dataset.ts";
import type { TrainerBench } from "./trainer-bench.ts";

/** A model that was really trained, evaluated and published, and the pictures of its test part. */
export interface ServedModel {
  data: SmallDataset;
  version: ModelVersion;
  trained: TrainResult;
  evaluated: EvaluateResult;
  /** Of each test row in row order: its pixels as stored, and as a PNG file. */
  images: { row: number; pixels: Uint8Array; png: Buffer }[];
}

/** @param seed another one makes another model of the same data */
export async function publishSmallModel(
  bench: TrainerBench,
  { name = "bands", seed = 3, rowCount = 200, calibration = "none" } = {},
): Promise<ServedModel> {
  const { artifacts, objects } = bench.store;
  const data = await storeSmallDataset(artifacts, { rowCount });
  const watch = { signal: new AbortController().signal, log: keptLog(), onProgress: () => {} };
  const job = smallTrainJob(data, { runId: `run-${seed}`, seed, train: { epochs: 6, engine: "auto" } });
  const training = await runTrainer(job, bench.settings(), watch);
  if (training.type !== "trained") throw new Error(`not trained but ${training.type}`);
  const { augmentation: _augmentation, train: _train, ...basis } = job;
  const { weights } = training.result;
  const evaluate = evaluateParametersSchema.parse({ calibration });
  const evaluateJob = { ...basis, kind: "evaluate" as const, weights, evaluate, classWeights: "none" as const };
  const evaluation = await runTrainer(evaluateJob, bench.settings(), watch);
  if (evaluation.type !== "evaluated") throw new Error(`not evaluated but ${evaluation.type}`);
  const { test } = evaluation.result;
  const { dataset } = data;
  const normalizer = await artifacts.putJson(data.normalizer);
  const version = await new ModelRegistry(objects).publish({
    name,
    runId: job.runId,
    createdAt: "2026-01-01T00:00:00.000Z",
    signature: {
      input: { shape: [dataset.height, dataset.width, dataset.channels], dtype: dataset.dtype, channels: dataset.channels },
      preprocessing: { resize: "auto", kernel: "linear" },
      normalizer,
      classes: dataset.classes,
      output: "softmax",
      ...(test.corrected ? { calibration: test.corrected.by } : {}),
      threshold: null,
      batchSize: evaluationBatchSize(dataset),
    },
    files: { model: training.result.model, weights, normalizer, encoder: await artifacts.putJson(data.encoder) },
    metrics: { accuracy: test.accuracy },
    lineage: { dataset: (await artifacts.putJson(dataset)).sha256, split: data.split.sha256 },
    evidence: {
      predictions: evaluation.result.predictions,
      metrics: await artifacts.put(Buffer.from("{}"), mediaTypes.json),
      history: training.result.history,
    },
  });
  return { data, version, trained: training.result, evaluated: evaluation.result, images: await testImages(bench, data) };
}

async function testImages(
  { store: { artifacts } }: TrainerBench,
  { dataset, split }: SmallDataset,
): Promise<ServedModel["images"]> {
  const codes = await readSplit(artifacts, split, dataset);
  const rows = [...codes.keys()].filter((row) => codes[row] === partCodes.test);
  const pixels = await readImages(dataset, artifacts, rows);
  const { height, width, channels } = dataset;
  return Promise.all(
    rows.map(async (row) => {
      const values = pixels.get(row) as Uint8Array;
      const raw = { height, width, channels: channels as 1 };
      return { row, pixels: values, png: await sharp(values, { raw }).png().toBuffer() };
    }),
  );
}
