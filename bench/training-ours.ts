import { readEnvironment } from "../environment.ts";
import { augmentParametersSchema } from "../ml/augment/schema.ts";
import { modelParametersSchema } from "../ml/model/transfer/schema.ts";
import { randomStream, shuffledRows } from "../ml/random.ts";
import { trainParametersSchema } from "../ml/train/schema.ts";
import { createEngine } from "../trainer/engine/create-engine.ts";
import { loadTensorflow } from "../trainer/runtime/tensorflow.ts";
import { answerEpochs, givenCase, randomPixels } from "./training/contestant.ts";

/** convoy's engine in the training benchmark, on the device that CONVOY_TENSORFLOW names: whole epochs with shuffling, normalization and metrics. */
const given = givenCase();
const { height, width, channels, rows, classes, batchSize } = given;
await loadTensorflow({ device: readEnvironment().CONVOY_TENSORFLOW });
const pixels = randomPixels(given);
const size = height * width * channels;
const labels = Int32Array.from({ length: rows }, (_, row) => row % classes);

const engine = createEngine({
  model: modelParametersSchema.parse(given.layers),
  data: {
    height,
    width,
    channels,
    dtype: "uint8",
    rowCount: rows,
    labels,
    ids: Array.from(labels, (_, row) => String(row)),
    async read(wanted) {
      const batch = new Uint8Array(wanted.length * size);
      for (const [i, row] of wanted.entries()) batch.set(pixels.subarray(row * size, (row + 1) * size), i * size);
      return batch;
    },
  },
  normalizer: { formatVersion: 1, method: "rescale", offset: [0], scale: [1 / 255], rowCount: rows },
  encoder: {
    formatVersion: 1,
    encoding: classes === 2 ? "binary" : "integer",
    classes: Array.from({ length: classes }, (_, i) => String(i)),
    trainCounts: Array.from({ length: classes }, () => rows / classes),
  },
  augmentation: {
    formatVersion: 1,
    enabled: given.augment !== undefined,
    seed: 1,
    parameters: augmentParametersSchema.parse(given.augment ?? {}),
  },
  train: trainParametersSchema.parse({ batchSize, engine: "graph" }),
  seed: 1,
});

let epoch = 0;
await answerEpochs(async () => {
  epoch++;
  const order = shuffledRows(Int32Array.from(labels.keys()), randomStream(1, "shuffle", epoch));
  const runningTotals = { lossSum: 0, correct: 0, rows: 0 };
  await engine.trainEpoch({ epoch, order, fromStep: 0, learningRate: 1e-3, runningTotals, onProgress: async () => false });
});
