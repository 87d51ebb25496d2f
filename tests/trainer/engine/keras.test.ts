import { readFileSync } from "node:fs";

import { beforeAll, expect, test } from "vitest";

import { createEngine } from "../../../trainer/engine/create-engine.ts";
import type { Engine, EngineState } from "../../../trainer/engine/engine.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import { allRows, engineOptions, noTotals, type Case } from "./support.ts";

interface Golden {
  name: string;
  shapes: number[][];
  before: number[][];
}
interface GradientGolden extends Golden {
  loss_options: Record<string, unknown> | null;
  trainable: boolean[];
  loss: number;
  gradients: number[][];
}
interface StepsGolden extends Golden {
  options: Record<string, unknown> | null;
  after: number[][];
  losses: number[];
  probabilities: number[];
}

/** Written by tests/golden/train/make-goldens.py with Keras 3. */
const goldens = JSON.parse(readFileSync(new URL("../../golden/train/keras-steps.json", import.meta.url), "utf8")) as {
  pixels: number[];
  labels: number[];
  gradients: GradientGolden[];
  /** Of kinds of layers. */
  layers: GradientGolden[];
  optimizers: StepsGolden[];
  /** Of optimizers with other than Keras' defaults. */
  variants: StepsGolden[];
  clipped: StepsGolden;
  /** Class 0 counts half, class 1 twice, the last is not named. */
  weighted: StepsGolden;
  movingAverages: StepsGolden;
};

beforeAll(loadTestTensorflow);

const plain = [{ conv: 3, padding: "valid" }, { pool: "max" }, "flatten", { dense: 4, activation: "tanh" }];
const normalized = [{ conv: 3, padding: "valid", batchNorm: true }, { pool: "average" }, "flatten"];
const models: Record<string, unknown[]> = {
  softmax: plain,
  sigmoid: plain,
  batchNorm: normalized,
  l1: [
    { conv: 3, padding: "valid", activation: "elu", l1: 0.02 },
    "flatten",
    { dense: 4, activation: "selu", l1: 0.02, l2: 0.01 },
  ],
  l2: [{ conv: 3, padding: "valid", activation: "elu", l2: 0.01 }, "flatten", { dense: 4, activation: "selu", l2: 0.01 }],
};

const layers: Record<string, unknown[]> = {
  depthwise: [{ depthwise: 2, stride: 2 }],
  separable: [{ separable: 4, activation: "elu" }],
  transposed: [
    { conv: 2, stride: 2, activation: "linear" },
    { transposed: 3, activation: "tanh" },
  ],
  upsample: [{ upsample: 2 }, { conv: 2, stride: 2 }, { reshape: [36, 2] }],
  sum: [{ conv: 2, padding: "valid" }, { pool: "sum" }],
};

const kinds = ["eager", "graph"] as const;

test.each(
  kinds.flatMap((kind) =>
    [...goldens.gradients, ...goldens.layers].map((golden) => [kind, golden.name, golden.loss_options, golden] as const),
  ),
)("computes Keras' loss and gradients, %s: %s %j", async (kind, name, loss, golden) => {
  const engine = await engineFrom(golden, {
    model: (models[name] ?? layers[name])!,
    sigmoid: name === "sigmoid",
    kind,
    ...(loss === null ? {} : { loss }),
    optimizer: { name: "sgd" },
  });

  const { totals } = await step(engine, 1);

  expect(Math.abs(totals.lossSum / 12 - golden.loss)).toBeLessThan(1e-5);
  const trained = namesOf(engine).filter((_, i) => golden.trainable[i]);
  const after = await engine.state();
  for (const [i, weight] of trained.entries()) {
    const before = golden.before[golden.trainable.flatMap((yes, j) => (yes ? [j] : []))[i]!]!;
    const values = after.variables.get(weight)!.values;
    const error = Math.hypot(...values.map((value, j) => before[j]! - value - golden.gradients[i]![j]!));
    expect(error / Math.max(Math.hypot(...golden.gradients[i]!), 1e-2), weight).toBeLessThan(1e-5);
  }
  engine.dispose();
});

test.each(kinds.flatMap((kind) => goldens.optimizers.map((golden) => [kind, golden.name, golden] as const)))(
  "takes Keras' steps, %s: %s",
  async (kind, name, golden) => {
    const rates: Record<string, number> = { sgd: 0.01, momentum: 0.01 };
    const engine = await engineFrom(golden, { model: plain, kind, optimizer: { name } });

    expect(await errorOfSteps(engine, golden, rates[name] ?? 0.001)).toBeLessThan(1e-5);
  },
);

test.each(kinds.flatMap((kind) => goldens.variants.map((golden) => [kind, golden.name, golden.options, golden] as const)))(
  "takes Keras' steps with options, %s: %s %j",
  async (kind, name, options, golden) => {
    const engine = await engineFrom(golden, { model: plain, kind, optimizer: { name, ...options } });

    expect(await errorOfSteps(engine, golden, name === "sgd" || name === "momentum" ? 0.01 : 0.001)).toBeLessThan(1e-5);
  },
);

test.each(kinds)("clips by the global norm as Keras does, %s", async (kind) => {
  const engine = await engineFrom(goldens.clipped, { model: plain, kind, optimizer: { name: "sgd", clipNorm: 0.1 } });

  expect(await errorOfSteps(engine, goldens.clipped, 0.5)).toBeLessThan(1e-5);
});

test.each(kinds)("weighs classes as Keras does, one that is not named by 1, %s", async (kind) => {
  const classWeights = { "class 0": 0.5, "class 1": 2 };
  const engine = await engineFrom(goldens.weighted, { model: plain, kind, optimizer: { name: "sgd" }, classWeights });

  expect(await errorOfSteps(engine, goldens.weighted, 0.1)).toBeLessThan(1e-5);
});

test.each(kinds)("moves averages as Keras does and predicts with them, %s", async (kind) => {
  const engine = await engineFrom(goldens.movingAverages, { model: normalized, kind, optimizer: { name: "adam" } });

  expect(await errorOfSteps(engine, goldens.movingAverages, 0.01)).toBeLessThan(1e-5);
});

/** Largest difference of any step's loss, any weight after the last step, any probability. */
async function errorOfSteps(engine: Engine, golden: StepsGolden, learningRate: number): Promise<number> {
  const errors: number[] = [];
  for (const loss of golden.losses) {
    const { totals } = await step(engine, learningRate);
    errors.push(totals.lossSum / 12 - loss);
  }
  const { variables } = await engine.state();
  for (const [i, name] of namesOf(engine).entries()) {
    for (const [j, value] of variables.get(name)!.values.entries()) errors.push(value - golden.after[i]![j]!);
  }
  const logits = await engine.logits(allRows(12));
  for (const [i, probability] of golden.probabilities.entries()) errors.push(softmax(logits, i) - probability);
  engine.dispose();
  return Math.max(...errors.map(Math.abs));
}

function softmax(logits: Float32Array, index: number): number {
  const row = logits.subarray(index - (index % 3), index - (index % 3) + 3);
  return Math.exp(logits[index]!) / row.reduce((sum, value) => sum + Math.exp(value), 0);
}

function namesOf(engine: Engine): string[] {
  return engine.network.weights.map(({ name }) => name);
}

function step(engine: Engine, learningRate: number) {
  return engine.trainEpoch({
    epoch: 1,
    order: allRows(12),
    fromStep: 0,
    learningRate,
    runningTotals: noTotals,
    onProgress: async () => false,
  });
}

interface Given {
  model: unknown[];
  sigmoid?: boolean;
  kind: "eager" | "graph";
  optimizer: Record<string, unknown>;
  loss?: Record<string, unknown>;
  classWeights?: Record<string, number>;
}

/** Keras' pixels, labels and first weights in our engine; Keras and convoy list the weights of these networks in one order. */
async function engineFrom(
  golden: Golden,
  { model, sigmoid = false, kind, optimizer, loss, classWeights }: Given,
): Promise<Engine> {
  const given: Case = {
    model,
    rows: 12,
    shape: { height: 6, width: 6, channels: 1 },
    train: { engine: kind, batchSize: 12, optimizer, ...(loss && { loss }), ...(classWeights && { classWeights }) },
  };
  const options = engineOptions({ ...given, classes: sigmoid ? 2 : 3, encoding: sigmoid ? "binary" : "one-hot" });
  const labels = Int32Array.from(goldens.labels, (label) => (sigmoid ? Number(label === 1) : label));
  const read = async (rows: Int32Array) =>
    Uint8Array.from([...rows].flatMap((row) => goldens.pixels.slice(row * 36, row * 36 + 36)));
  const engine = createEngine({ ...options, data: { ...options.data, labels, read } });
  const variables: EngineState["variables"] = new Map(
    namesOf(engine).map((name, i) => [name, { shape: golden.shapes[i]!, values: Float32Array.from(golden.before[i]!) }]),
  );
  await engine.restore({ step: 0, variables });
  return engine;
}
