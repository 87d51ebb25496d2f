import { createHash } from "node:crypto";

import type { Engine, EngineData, EngineOptions, EngineState } from "../../../trainer/engine/engine.ts";
import { augmentParametersSchema } from "../../../ml/augment/schema.ts";
import { modelParametersSchema } from "../../../ml/model/transfer/schema.ts";
import { randomStream } from "../../../ml/random.ts";
import { trainParametersSchema } from "../../../ml/train/schema.ts";

export interface Shape {
  height: number;
  width: number;
  channels: number;
}

/** Rows whose brightest band tells their class, with noise: learnable in a few steps. */
export function syntheticData(shape: Shape, rowCount: number, classCount: number, seed = 7): EngineData {
  const random = randomStream(seed, "pixels");
  const size = shape.height * shape.width * shape.channels;
  const labels = Int32Array.from({ length: rowCount }, (_, row) => row % classCount);
  const pixels = new Uint8Array(rowCount * size);
  for (let row = 0; row < rowCount; row++) {
    for (let i = 0; i < size; i++) {
      const line = Math.floor(i / (shape.width * shape.channels));
      const bright = Math.floor((line * classCount) / shape.height) === labels[row];
      pixels[row * size + i] = Math.floor(random() * 100) + (bright ? 120 : 0);
    }
  }
  return {
    ...shape,
    dtype: "uint8",
    rowCount,
    labels,
    ids: Array.from({ length: rowCount }, (_, row) => `sample-${row}`),
    async read(rows) {
      const batch = new Uint8Array(rows.length * size);
      for (const [i, row] of rows.entries()) batch.set(pixels.subarray(row * size, (row + 1) * size), i * size);
      return batch;
    },
  };
}

export interface Case {
  model: unknown[];
  train?: Record<string, unknown>;
  augment?: Record<string, unknown>;
  shape?: Shape;
  rows?: number;
  classes?: number;
  encoding?: "one-hot" | "integer" | "binary";
  normalize?: Partial<EngineOptions["normalizer"]>;
  whitening?: Float32Array;
  seed?: number;
  residentBytes?: number;
}

export function engineOptions(given: Case): EngineOptions {
  const { shape = { height: 8, width: 8, channels: 1 }, rows = 40, classes = 4, encoding = "one-hot", seed = 3 } = given;
  const data = syntheticData(shape, rows, classes);
  return {
    model: modelParametersSchema.parse(given.model),
    data,
    normalizer: { formatVersion: 1, method: "rescale", offset: [0], scale: [1 / 255], rowCount: rows, ...given.normalize },
    whitening: given.whitening,
    encoder: {
      formatVersion: 1,
      encoding,
      classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
      trainCounts: Array.from({ length: classes }, (_, i) => data.labels.filter((label) => label === i).length),
    },
    augmentation: {
      formatVersion: 1,
      enabled: given.augment !== undefined,
      seed,
      parameters: augmentParametersSchema.parse(given.augment ?? {}),
    },
    train: trainParametersSchema.parse({ batchSize: 16, ...given.train }),
    seed,
    ...(given.residentBytes === undefined ? {} : { residentBytes: given.residentBytes }),
  };
}

export const allRows = (count: number) => Int32Array.from({ length: count }, (_, row) => row);

export const noTotals = { lossSum: 0, correct: 0, rows: 0 };

/** Trains from the first epoch on and returns each epoch's running mean loss. */
export async function trainEpochs(engine: Engine, epochs: number, { learningRate = 1e-3, rows = 40 } = {}): Promise<number[]> {
  const losses = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const { totals } = await engine.trainEpoch({
      epoch,
      order: allRows(rows),
      fromStep: 0,
      learningRate,
      runningTotals: noTotals,
      onProgress: async () => false,
    });
    losses.push(totals.lossSum / totals.rows);
  }
  return losses;
}

export function hashOfState(state: EngineState): string {
  const hash = createHash("sha256").update(String(state.step));
  for (const [name, { shape, values }] of state.variables)
    hash.update(`${name} ${shape.join()}`).update(new Uint8Array(values.buffer));
  return hash.digest("hex");
}
