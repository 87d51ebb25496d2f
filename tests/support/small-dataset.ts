import { createHash } from "node:crypto";

import type { ArtifactRef } from "../../ml/artifact.ts";
import { augmentParametersSchema } from "../../ml/augment/schema.ts";
import type { Augmentation } from "../../ml/augment/schema.ts";
import type { Encoder } from "../../ml/encode/schema.ts";
import type { Dataset } from "../../ml/ingest/schema.ts";
import { modelParametersSchema } from "../../ml/model/transfer/schema.ts";
import type { Normalizer } from "../../ml/normalize/schema.ts";
import { randomStream } from "../../ml/random.ts";
import { partCodes } from "../../ml/split/schema.ts";
import { trainParametersSchema } from "../../ml/train/schema.ts";
import type { TrainJob } from "../../ml/train/trainer-messages.ts";
import type { ArtifactStore } from "../../storage/artifact-store.ts";
import { encodeNpy } from "../../storage/npy.ts";
import { encodeSamples } from "../../storage/tables.ts";

const [side, classCount] = [8, 4];

export interface SmallDataset {
  dataset: Dataset;
  split: ArtifactRef;
  normalizer: Normalizer;
  encoder: Encoder;
  augmentation: Augmentation;
}

/** Gray 8 × 8 images whose brightest band tells their class, stored as ingest would; three fifths train, the rest halved. */
export async function storeSmallDataset(
  artifacts: ArtifactStore,
  { rowCount = 100, shardRows = 40, validation = true, noise = 100, seed = 7 } = {},
): Promise<SmallDataset> {
  const random = randomStream(seed, "small data set");
  const labels = Int32Array.from({ length: rowCount }, (_, row) => row % classCount);
  const pixels = Uint8Array.from({ length: rowCount * side * side }, (_, i) => {
    const [row, line] = [Math.floor(i / (side * side)), Math.floor((i % (side * side)) / side)];
    return Math.floor(random() * noise) + (Math.floor((line * classCount) / side) === labels[row] ? 120 : 0);
  });
  const shards: Dataset["shards"] = [];
  for (let start = 0; start < rowCount; start += shardRows) {
    const rows = Math.min(shardRows, rowCount - start);
    const data = pixels.slice(start * side * side, (start + rows) * side * side);
    const bytes = encodeNpy({ dtype: "uint8", shape: [rows, side, side, 1], data });
    shards.push({ ref: await artifacts.put(bytes, "application/x-npy"), rows });
  }
  const names = (of: (row: number) => string) => Array.from({ length: rowCount }, (_, row) => of(row));
  const hashOfRow = (row: number) =>
    createHash("sha256")
      .update(pixels.subarray(row * side * side, (row + 1) * side * side))
      .digest("hex");
  const samples = { id: names((row) => `image-${row}`), label: labels, part: names(() => ""), group: names(() => "") };
  const table = encodeSamples({ ...samples, sha256: names(hashOfRow), columns: {} }, []);
  const codes = Uint8Array.from({ length: rowCount }, (_, row) => {
    const place = (row * 7) % 10;
    if (place < 6) return partCodes.train;
    return place < 8 && validation ? partCodes.validation : partCodes.test;
  });
  const trainCounts = Array.from({ length: classCount }, (_, code) => {
    return labels.filter((label, row) => label === code && codes[row] === partCodes.train).length;
  });
  const classes = Array.from({ length: classCount }, (_, code) => `band ${code}`);
  const dataset: Dataset = {
    formatVersion: 1,
    height: side,
    width: side,
    channels: 1,
    dtype: "uint8",
    classes,
    rowCount,
    shards,
    samples: await artifacts.put(table, "application/vnd.apache.parquet"),
    columns: [],
    unreadable: [],
    licence: null,
  };
  return {
    dataset,
    split: await artifacts.put(encodeNpy({ dtype: "uint8", shape: [rowCount], data: codes }), "application/x-npy"),
    normalizer: { formatVersion: 1, method: "rescale", offset: [0], scale: [1 / 255], rowCount },
    encoder: { formatVersion: 1, encoding: "one-hot", classes, trainCounts },
    augmentation: { formatVersion: 1, enabled: true, seed: 5, parameters: augmentParametersSchema.parse({ shift: 0.1 }) },
  };
}

export interface JobChange extends Omit<Partial<TrainJob>, "train" | "model"> {
  train?: object;
  model?: unknown;
}

/** A training of a small net with dropout and augmentation, so that chance is at work in every step. */
export function smallTrainJob(data: SmallDataset, change: JobChange = {}): TrainJob {
  const { train = {}, model = [{ conv: 4, dropout: 0.2 }, "flatten", { dense: 8, dropout: 0.3 }], ...rest } = change;
  return {
    kind: "train",
    runId: "run-1",
    seed: 3,
    ...data,
    model: modelParametersSchema.parse(model),
    train: trainParametersSchema.parse({
      epochs: 4,
      batchSize: 16,
      optimizer: { learningRate: 0.01 },
      engine: "eager",
      ...train,
    }),
    activityId: "7",
    attempt: 1,
    scheduledAtMs: 1000,
    ...rest,
  };
}
