import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import type { ArtifactRef } from "../../ml/artifact.ts";
import { augmentParametersSchema } from "../../ml/augment/schema.ts";
import { modelFileSchema } from "../../ml/model-file/schema.ts";
import { buildNetwork } from "../../ml/model/build-network.ts";
import { layersSchema } from "../../ml/model/schema.ts";
import { summarizeNetwork } from "../../ml/model/summary.ts";
import { buildTransferNetwork } from "../../ml/model/transfer/transfer-network.ts";
import type { Transfer } from "../../ml/model/transfer/schema.ts";
import { pipelineSchema } from "../../ml/pipeline.ts";
import { historySchema, trainParametersSchema } from "../../ml/train/schema.ts";
import type { TrainJob } from "../../ml/train/trainer-messages.ts";
import { readKerasFile } from "../../storage/keras-file.ts";
import { ModelRegistry } from "../../storage/model-registry.ts";
import { storeBase } from "../../storage/store-base.ts";
import { createEngine } from "../../trainer/engine/create-engine.ts";
import type { EngineOptions } from "../../trainer/engine/engine.ts";
import { engineContext } from "../../trainer/engine/engine-context.ts";
import { loadOwnParts } from "../../trainer/engine/own-parts.ts";
import { executeOp } from "../../trainer/runtime/node-backend.ts";
import { loadTestTensorflow } from "../support/test-device.ts";
import type { SmallDataset } from "../support/small-dataset.ts";
import type { JobChange } from "../support/small-dataset.ts";
import { smallTrainJob, storeSmallDataset } from "../support/small-dataset.ts";
import type { ContextChange, TestTrainer } from "../support/test-trainer.ts";
import { dyingAfter, testTrainer } from "../support/test-trainer.ts";

const goldens = fileURLToPath(new URL("../golden/transfer/", import.meta.url));

interface Trained {
  losses: number[];
  base: Record<string, number[]>;
  head: number[];
}

interface Golden {
  frozen: Trained;
  unfrozen: Trained;
  pictures: number[];
  pooled: number[];
  layer: string;
  parameters: number;
}

let trainer: TestTrainer;
let golden: Golden;

beforeAll(async () => {
  await loadTestTensorflow();
  golden = JSON.parse(await readFile(`${goldens}goldens.json`, "utf8")) as Golden;
});
beforeEach(async () => {
  trainer = await testTrainer();
});
afterEach(() => trainer.close());

/** A model as it stands in a record: its base brought into the store. */
async function stored(model: object, more: object = {}): Promise<Transfer> {
  const pipeline = pipelineSchema.parse({ name: "transfer", dataset: { path: "x" }, model, ...more });
  return (await storeBase(pipeline, goldens, trainer)).model as Transfer;
}

async function optionsOf(model: Transfer, change: Partial<EngineOptions> = {}): Promise<EngineOptions> {
  const pictures = Uint8Array.from(golden.pictures);
  const size = 12 * 12 * 3;
  const read = async (rows: Int32Array) => {
    const pixels = new Uint8Array(rows.length * size);
    rows.forEach((row, i) => pixels.set(pictures.subarray(row * size, (row + 1) * size), i * size));
    return pixels;
  };
  const labels = Int32Array.from({ length: 8 }, (_, i) => i % 2);
  return {
    model,
    own: await loadOwnParts({ model }, trainer.artifacts),
    data: { height: 12, width: 12, channels: 3, dtype: "uint8", rowCount: 8, labels, ids: Array.from(labels, String), read },
    normalizer: { formatVersion: 1, method: "rescale", offset: [0], scale: [1 / 255], rowCount: 8 },
    encoder: { formatVersion: 1, encoding: "one-hot", classes: ["a", "b"], trainCounts: [4, 4] },
    augmentation: { formatVersion: 1, enabled: false, seed: 0, parameters: augmentParametersSchema.parse({}) },
    train: trainParametersSchema.parse({ batchSize: 8, optimizer: { name: "sgd" }, engine: "eager" }),
    seed: 1,
    ...change,
  };
}

const near = (values: readonly number[], digits = 5) => values.map((value) => expect.closeTo(value, digits) as number);

describe("a network that Keras saved", () => {
  test.each(["small.keras", "small.h5"])("answers from %s as in Keras, without its top, in training too", async (base) => {
    const { network } = engineContext(await optionsOf(await stored({ base })));
    const { model, weights } = network;
    const features = tf.model({ inputs: model.inputs, outputs: model.getLayer(golden.layer).output });
    const images = tf.div(tf.tensor4d(golden.pictures, [8, 12, 12, 3]), 255);

    expect([...(features.apply(images, { training: false }) as tf.Tensor).dataSync()]).toEqual(near(golden.pooled));
    expect([...(features.apply(images, { training: true }) as tf.Tensor).dataSync()]).toEqual(near(golden.pooled));
    expect(weights.filter(({ trainable }) => trainable).map(({ name }) => name)).toEqual(["dense/kernel", "dense/bias"]);
    expect(features.countParams()).toBe(golden.parameters);
  });

  test("is read from tfjs' own files too", async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [12, 12, 3], filters: 4, kernelSize: 3, activation: "relu", biasInitializer: "ones" }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.depthwiseConv2d({ kernelSize: 3, padding: "same" }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 3 }),
      ],
    });
    const folder = await mkdtemp(join(tmpdir(), "convoy-tfjs-"));
    await model.save(
      tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
        const weightsManifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
        await writeFile(join(folder, "model.json"), JSON.stringify({ modelTopology, weightsManifest }));
        await writeFile(join(folder, "weights.bin"), Buffer.from(tf.io.CompositeArrayBuffer.join(weightData)));
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
      }),
    );
    const images = tf.div(tf.tensor4d(golden.pictures, [8, 12, 12, 3]), 255);
    const expected = tf.model({ inputs: model.inputs, outputs: model.layers[2]!.output }).predict(images) as tf.Tensor;

    const base = await stored({ base: join(folder, "model.json") });
    const { network } = engineContext(await optionsOf(base));

    const last = network.model.getLayer(model.layers[2]!.name).output as tf.SymbolicTensor;
    const features = tf.model({ inputs: network.model.inputs, outputs: last });
    expect([...(features.predict(images) as tf.Tensor).dataSync()]).toEqual([...expected.dataSync()]);
    await rm(folder, { recursive: true });
  });

  test("is the same base in both formats", async () => {
    const [archive, hdf5] = [await readKerasFile(`${goldens}small.keras`, "a"), await readKerasFile(`${goldens}small.h5`, "b")];

    expect(Buffer.compare(archive.bytes, hdf5.bytes)).toBe(0);
  });

  test.each(["frozen", "unfrozen"] as const)("trains on as in Keras, %s, by both engines", async (kind) => {
    for (const engine of ["eager", "graph"] as const) {
      const options = await optionsOf(await stored({ base: "small.keras" }), { unfrozen: kind === "frozen" ? 0 : "all" });
      const running = createEngine({ ...options, train: { ...options.train, engine } });
      const { variables } = await running.state();
      const before = new Map([...variables].map(([name, { values }]) => [name, [...values]]));
      variables.get("dense/kernel")!.values.set(Array.from({ length: 16 }, (_, i) => -1 + (2 * i) / 15));
      await running.restore({ step: 0, variables });
      const losses: number[] = [];
      for (let epoch = 1; epoch <= 3; epoch++) {
        const runningTotals = { lossSum: 0, correct: 0, rows: 0 };
        const order = Int32Array.from({ length: 8 }, (_, i) => i);
        const request = { epoch, order, fromStep: 0, learningRate: 0.05, runningTotals, onProgress: async () => false };
        losses.push((await running.trainEpoch(request)).totals.lossSum / 8);
      }
      const after = (await running.state()).variables;
      running.dispose();

      expect(losses).toEqual(near(golden[kind].losses, 4));
      expect([...after.get("dense/kernel")!.values]).toEqual(near(golden[kind].head, 4));
      const kept = [...before.keys()].filter((name) =>
        kind === "frozen" ? !name.startsWith("dense/") : name.startsWith("batch_normalization"),
      );
      expect(kept.map((name) => [...after.get(name)!.values])).toEqual(kept.map((name) => before.get(name)));
      expect([...after.get("stem/kernel")!.values]).toEqual(near(golden[kind].base["stem/0"]!, 4));
    }
  });

  test.each([
    ["gone.keras", /model.base gone.keras cannot be read/],
    ["make-goldens.json", /model.base make-goldens.json cannot be read: ENOENT/],
  ])("%s is refused before anything starts", async (base, message) => {
    await expect(stored({ base })).rejects.toThrow(message);
  });

  test("has its parameters frozen under those of the layers on it: VGG16 with 256 and one unit at 224 × 224", () => {
    const given = { height: 224, width: 224, channels: 3, seed: 1, native: { execute: executeOp } };
    const encoder = { formatVersion: 1 as const, encoding: "binary" as const, classes: ["cat", "dog"], trainCounts: [1, 1] };
    const layers = layersSchema.parse([{ architecture: "vgg16", top: false }]);
    const { weights, model } = buildNetwork({
      ...given,
      encoder,
      layers: [...layers, { pool: "globalMax", size: 2, padding: "valid" }],
    });
    const specs = weights
      .filter(({ name }) => name.startsWith("block"))
      .map(({ name, variable }) => ({ name, shape: variable.shape }));
    model.dispose();
    const sizeOf = (shape: number[]) => shape.reduce((size, length) => size * length, 1);
    const bytes = new Uint8Array(4 * specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0));
    const base = {
      source: "vgg16",
      bytes,
      network: { formatVersion: 1 as const, channels: 3, network: { layers, weights: specs } },
    };
    const top = { until: undefined, layers: layersSchema.parse(["flatten", { dense: 256 }]) };

    const network = buildTransferNetwork({ ...given, encoder }, top, { base, unfrozen: 0 });

    const { parameterCount, trainableCount } = summarizeNetwork(network);
    expect([parameterCount - trainableCount, trainableCount, parameterCount]).toEqual([14_714_688, 6_422_784 + 257, 21_137_729]);
    network.model.dispose();
  });

  test("is refused for images of other channels, and where it has no layer of that name", async () => {
    const data = { ...(await optionsOf(await stored({ base: "small.h5" }))).data, channels: 1 };

    await expect(async () => engineContext(await optionsOf(await stored({ base: "small.h5" }), { data }))).rejects.toThrow(
      "model.base small.h5 takes images of 3 channels; the data has 1: set ingest.channels to 3",
    );
    await expect(async () => engineContext(await optionsOf(await stored({ base: "small.h5", until: "conv9" })))).rejects.toThrow(
      /model.until conv9: small.h5 has no such layer; it has input_layer, stem/,
    );
  });
});

const anywhere = { uri: "objects/x", sha256: "0".repeat(64), sizeBytes: 1, mediaType: "x" };
const published = {
  name: "bands",
  runId: "pretraining",
  createdAt: "2026-01-01T00:00:00.000Z",
  signature: {
    input: { shape: [8, 8, 1], dtype: "uint8" as const, channels: 1 },
    normalizer: anywhere,
    classes: ["band 0", "band 1", "band 2", "band 3"],
    output: "softmax" as const,
    threshold: null,
    batchSize: 256,
  },
  metrics: {},
  lineage: {},
  evidence: { predictions: anywhere, metrics: anywhere, history: anywhere },
};

const run = (job: TrainJob, change?: ContextChange) => trainer.train(job, change);

describe("a SavedModel as a base", () => {
  const base = "extractor/saved_model.pb";

  test("gives Keras' features, and what stands on it is trained as in Keras", async () => {
    const options = await optionsOf(await stored({ base }), { keepsFeatures: true });
    const images = tf.div(tf.tensor4d(golden.pictures, [8, 12, 12, 3]), 255);
    const { shape, values } = options.own!.savedModel!.features(images);
    const running = createEngine(options);
    const { variables } = await running.state();
    variables.get("dense/kernel")!.values.set(Array.from({ length: 16 }, (_, i) => -1 + (2 * i) / 15));
    await running.restore({ step: 0, variables });
    const losses: number[] = [];
    const rows = Int32Array.from({ length: 8 }, (_, i) => i);
    for (let epoch = 1; epoch <= 3; epoch++) {
      const runningTotals = { lossSum: 0, correct: 0, rows: 0 };
      const request = { epoch, order: rows, fromStep: 0, learningRate: 0.05, runningTotals, onProgress: async () => false };
      losses.push((await running.trainEpoch(request)).totals.lossSum / 8);
    }
    const state = await running.state();
    const answering = createEngine(await optionsOf(await stored({ base })));
    await answering.restore(state);

    expect(shape).toEqual([8]);
    expect([...values]).toEqual(near(golden.pooled));
    expect(losses).toEqual(near(golden.frozen.losses, 4));
    expect([...state.variables.keys()]).toEqual(["dense/kernel", "dense/bias"]);
    expect([...state.variables.get("dense/kernel")!.values]).toEqual(near(golden.frozen.head, 4));
    expect(await answering.logits(rows.slice(2, 5))).toEqual((await running.logits(rows)).subarray(4, 10));
    running.dispose();
    answering.dispose();
  });

  test("is refused, with the reason, where it would have to be trained or changed images answered, or has no such output", async () => {
    const model = { base };

    await expect(stored(model, { train: { fineTune: { after: 1, learningRate: 1e-4 } } })).rejects.toThrow(
      /extractor\/saved_model\.pb is a SavedModel.*Leave train\.fineTune out/,
    );
    await expect(stored(model, { augment: { shift: 0.1 } })).rejects.toThrow(/so images cannot be augmented/);
    await expect(optionsOf(await stored({ base, until: "logits" }))).rejects.toThrow(
      /model\.until logits: it gives no such output; it gives output_0/,
    );
    const options = await optionsOf(await stored(model));
    expect(() => createEngine({ ...options, data: { ...options.data, channels: 1 } })).toThrow(
      /extractor\/saved_model\.pb does not answer images of 12 × 12 × 1/,
    );
    await expect(stored({ base: "gone/saved_model.pb" })).rejects.toThrow(/gone\/saved_model\.pb cannot be read: ENOENT/);
  });
});

describe("features of a frozen base", () => {
  const dense = { dense: 8, dropout: 0.3 };
  const vectors = { base: "small.keras", layers: [dense] };
  const maps = { base: "small.keras", until: "stem", layers: [{ conv: 4, batchNorm: true }, dense] };
  const rows = Int32Array.from({ length: 8 }, (_, row) => row);

  /** Trains two epochs in batches of three. */
  async function trained(model: object, engine: string, keepsFeatures: boolean) {
    const reads: number[] = [];
    const options = await optionsOf(await stored(model), {
      train: trainParametersSchema.parse({ batchSize: 3, optimizer: { learningRate: 0.01 }, engine }),
      keepsFeatures,
      residentBytes: 0,
    });
    const read = (asked: Int32Array) => (reads.push(...asked), options.data.read(asked));
    const data = { ...options.data, read };
    const made = createEngine({ ...options, data });
    const first = await made.logits(rows);
    for (const epoch of [1, 2]) {
      const runningTotals = { lossSum: 0, correct: 0, rows: 0 };
      const order = Int32Array.from([5, 2, 7, 0, 1, 4, 6, 3]);
      await made.trainEpoch({ epoch, order, fromStep: 0, learningRate: 0.01, runningTotals, onProgress: async () => false });
    }
    return { engine: made, first, state: await made.state(), reads, options };
  }

  test.each([
    ["eager", "vectors", vectors],
    ["graph", "vectors", vectors],
    ["graph", "maps", maps],
  ])("give the training that the whole network gives, each image seen once: %s, %s", async (engine, _, model) => {
    const [kept, plain] = [await trained(model, engine, true), await trained(model, engine, false)];

    expect(new Set(kept.reads)).toEqual(new Set(rows));
    expect(kept.reads).toHaveLength(kept.engine.network.evaluationBatchSize); // one padded batch
    expect(kept.first).toEqual(plain.first);
    expect(kept.engine.network).toEqual(plain.engine.network);
    expect(kept.state.step).toBe(6);
    expect([...kept.state.variables.keys()].toSorted()).toEqual([...plain.state.variables.keys()].toSorted());
    for (const [name, { values }] of plain.state.variables) {
      const found = kept.state.variables.get(name)!.values;
      // Features are computed in another batch shape than a step's.
      expect(Math.max(...values.map((value, i) => Math.abs(value - found[i]!))), name).toBeLessThan(1e-5);
    }
    const whole = createEngine({ ...plain.options, keepsFeatures: false });
    await whole.restore(kept.state);
    expect(await kept.engine.logits(rows)).toEqual(await whole.logits(rows));
  });
});

describe("a model of the registry as a base", () => {
  let data: SmallDataset;
  beforeEach(async () => {
    data = await storeSmallDataset(trainer.artifacts);
  });

  /** Trains and publishes a small network; @returns its weights by name. */
  async function pretrain(): Promise<Map<string, Float32Array>> {
    const layers = [
      { conv: 4, batchNorm: true, dropout: 0.2 },
      { pool: "max" },
      { conv: 6 },
      "flatten",
      { dense: 8, dropout: 0.3 },
    ];
    const result = await run(smallTrainJob(data, { runId: "pretraining", model: layers, train: { epochs: 3 } }));
    const { model, weights } = result;
    await new ModelRegistry(trainer.objects).publish({ ...published, files: { model, weights } });
    return weightsOf(result);
  }

  async function weightsOf({ model, weights }: { model: ArtifactRef; weights: ArtifactRef }): Promise<Map<string, Float32Array>> {
    const { weights: specs } = await trainer.artifacts.getJson(model, modelFileSchema);
    const values = new Float32Array(Uint8Array.from(await trainer.artifacts.get(weights)).buffer);
    let offset = 0;
    return new Map(
      specs.map(({ name, shape }) => {
        const start = offset;
        offset += shape.reduce((size, length) => size * length, 1);
        return [name, values.slice(start, offset)];
      }),
    );
  }

  const transferJob = async (change: JobChange = {}) =>
    smallTrainJob(data, { model: await stored({ base: "models:bands", layers: [{ dense: 8, dropout: 0.2 }] }), ...change });

  test.each(["eager", "graph"])(
    "is not changed by a bit while it is frozen, with augmentation and batch normalization: %s",
    async (engine) => {
      const base = await pretrain();

      const after = await weightsOf(await run(await transferJob({ train: { engine, epochs: 3 } })));

      const shared = [...base.keys()].filter((name) => after.has(name) && !name.startsWith("dense"));
      expect(shared).toEqual([
        "conv2d/kernel",
        "batch_normalization/gamma",
        "batch_normalization/beta",
        "batch_normalization/moving_mean",
        "batch_normalization/moving_variance",
        "conv2d_1/kernel",
        "conv2d_1/bias",
      ]);
      for (const name of shared) expect(after.get(name)).toEqual(base.get(name));
      expect([...after.keys()].slice(shared.length)).toEqual(["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"]);
    },
  );

  test("is trained from the asked epoch on with the lower rate, its last layers only; killed and resumed it ends with the same bits", async () => {
    const base = await pretrain();
    const fineTune = { after: 2, learningRate: 1e-4, unfreeze: 1 };
    // Without augmentation features are kept until then.
    data.augmentation.enabled = false;
    const whole = await run(
      await transferJob({ runId: "whole", train: { epochs: 4, fineTune, engine: "graph", restoreBest: false } }),
    );
    const after = await weightsOf(whole);
    const { epochs } = await trainer.artifacts.getJson(whole.history, historySchema);

    expect(epochs.map(({ learningRate }) => learningRate)).toEqual([0.01, 0.01, 1e-4, 1e-4]);
    expect(after.get("conv2d/kernel")).toEqual(base.get("conv2d/kernel"));
    expect(after.get("batch_normalization/moving_mean")).toEqual(base.get("batch_normalization/moving_mean"));
    expect(after.get("conv2d_1/kernel")).not.toEqual(base.get("conv2d_1/kernel"));
    for (const deathAfter of [2, 3]) {
      const job = (attempt: number) =>
        transferJob({
          runId: `killed-${deathAfter}`,
          attempt,
          scheduledAtMs: 1000 * attempt,
          train: { epochs: 4, fineTune, engine: "graph", restoreBest: false },
        });
      await expect(run(await job(1), dyingAfter(deathAfter))).rejects.toThrow("killed");

      expect((await run(await job(2))).weights.sha256).toBe(whole.weights.sha256);
    }
  });

  test("is settled to a version where the run starts; what cannot be a base is refused", async () => {
    await pretrain();

    expect(await stored({ base: "models:bands" })).toMatchObject({ base: { source: "models:bands:1" } });
    await expect(stored({ base: "models:bands@gone" })).rejects.toThrow('Model bands has no alias "gone"');
    await expect(stored({ base: "models:other" })).rejects.toThrow('There is no model "other"; there are: bands');
    await expect(run(smallTrainJob(data, { train: { fineTune: { after: 1, learningRate: 0.1 } } }))).rejects.toThrow(
      "train.fineTune trains a part of model.base; this model has none",
    );
  });
});
