import { beforeAll, expect, test } from "vitest";

import { createEngine } from "../../../trainer/engine/create-engine.ts";
import type { EngineState } from "../../../trainer/engine/engine.ts";
import { loadTensorflow } from "../../../trainer/runtime/tensorflow.ts";
import { optimizerNames } from "../../../ml/train/schema.ts";
import { allRows, engineOptions, noTotals, type Case } from "./support.ts";

beforeAll(async () => {
  await loadTensorflow({ device: "cpu" });
});

const rgb = { height: 12, width: 10, channels: 3 };

const cases: Record<string, Case> = {
  "softmax regression": { model: ["flatten"] },
  "sigmoid outputs for several classes": { model: ["flatten", { output: "sigmoid" }] },
  "two classes with one sigmoid unit": { model: [{ conv: 4 }, { dense: 4 }], classes: 2, encoding: "binary" },
  "convolution, pooling, dense": {
    model: [{ conv: 6 }, { pool: "max" }, { conv: 8 }, { pool: "max" }, "flatten", { dense: 16 }],
  },
  "dropout after convolution, pooling and dense": {
    model: [{ conv: 4, dropout: 0.2 }, { pool: "max", dropout: 0.25 }, { dense: 8, dropout: 0.5 }, { dropout: 0.1 }],
  },
  "batch normalization": { model: [{ conv: 4, batchNorm: true }, "batchNorm", { pool: "average" }, { dense: 8 }, "batchNorm"] },
  "average, sum and overlapping pools": {
    model: [{ conv: 4 }, { pool: "average", size: 3, stride: 2, padding: "same" }, { pool: "sum" }],
    shape: rgb,
  },
  "sum pool with padding": {
    model: [{ conv: 4 }, { pool: "sum", size: 3, stride: 2, padding: "same" }, { dense: 4 }],
    shape: rgb,
  },
  "global pools": { model: [{ conv: 4 }, { pool: "globalAverage" }, { dense: 4 }], shape: rgb },
  "global maximum": { model: [{ conv: 4 }, { pool: "globalMax" }], shape: rgb },
  "strides, valid padding and repeats": {
    model: [
      { conv: 4, repeat: 2, padding: "valid" },
      { conv: 4, stride: 2, kernel: 5 },
    ],
    shape: rgb,
  },
  "depthwise and separable convolutions": {
    model: [
      { depthwise: 2, batchNorm: true },
      { separable: 6, kernel: 5, stride: 2, l2: 1e-2 },
    ],
    shape: rgb,
  },
  "oblong kernels": {
    model: [
      { conv: 3, kernel: [1, 5] },
      { separable: 3, kernel: [4, 2] },
    ],
    shape: rgb,
  },
  "transposed convolution, upsampling, reshape and activation": {
    model: [{ conv: 4, stride: 2 }, { transposed: 3 }, { upsample: 2 }, { activation: "tanh" }, { reshape: [480, 3] }, "flatten"],
    shape: rgb,
  },
  "residual and inception blocks": {
    model: [
      { residual: 4, stride: 2, repeat: 2 },
      { residual: 2, bottleneck: true },
      { inception: [2, 2, 3, 2, 3, 2], dropout: 0.1 },
    ],
    shape: rgb,
  },
  "tanh, sigmoid and linear": {
    model: [
      { conv: 4, activation: "tanh" },
      { dense: 8, activation: "sigmoid" },
      { dense: 8, activation: "linear" },
    ],
  },
  "elu, selu and softmax": {
    model: [
      { conv: 4, activation: "elu" },
      { dense: 8, activation: "selu" },
      { dense: 8, activation: "softmax" },
    ],
  },
  "L2, clipping, class weights": {
    model: [
      { conv: 4, l2: 1e-2 },
      { dense: 8, l2: 1e-2 },
    ],
    train: { classWeights: "balanced", optimizer: { clipNorm: 0.5 } },
  },
  augmentation: {
    model: [{ conv: 4 }],
    shape: rgb,
    augment: { rotation: 20, shift: 0.2, shear: 10, zoom: 0.2, flip: "horizontal" },
  },
  "colors, noise and windows": {
    model: [{ conv: 4 }],
    shape: rgb,
    augment: { channelShift: 20, brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.1, noise: 0.05, cutout: 0.4 },
  },
  "mixed images, moved, with smoothed labels": {
    model: [{ conv: 4, dropout: 0.1 }],
    shape: rgb,
    augment: { rotation: 10, fillMode: "constant", cval: 100, mixUp: 0.4, cutMix: 1 },
    train: { loss: { labelSmoothing: 0.1 }, classWeights: "balanced" },
  },
  "mixed images of two classes, fed with each call": {
    model: [{ conv: 4 }],
    classes: 2,
    encoding: "binary",
    augment: { mixUp: 0.4 },
    residentBytes: 0,
  },
  "normalization by channel": {
    model: [{ conv: 4 }],
    shape: rgb,
    normalize: { method: "channel", offset: [120, 100, 90], scale: [0.02, 0.03, 0.04] },
  },
  "normalization by pixel": {
    model: [{ conv: 4 }],
    shape: { height: 80, width: 60, channels: 1 },
    normalize: {
      method: "pixel",
      offset: Array.from({ length: 4800 }, (_, i) => i % 200),
      scale: Array.from({ length: 4800 }, (_, i) => 1 / (100 + (i % 7))),
    },
  },
  "normalization by sample": { model: [{ conv: 4 }], shape: rgb, normalize: { method: "samplewise" } },
  "pixels fed with each call": { model: [{ conv: 4 }, { pool: "max", dropout: 0.2 }], residentBytes: 0 },
};

test.each(["convnet", "lenet5", "alexnet", "googlenet", "resnet18"])(
  "computes the same compiled as op by op: %s",
  async (architecture) => {
    const shape = { height: 67, width: 67, channels: 1 };
    const given: Case = { model: [{ architecture, top: architecture === "resnet18" }], shape, train: { batchSize: 4 } };
    const [eager, graph] = [await run(given, "eager", "sgd", 2, 4), await run(given, "graph", "sgd", 2, 4)];

    expect(graph.losses[0]).toBeCloseTo(eager.losses[0]!, 4);
    expect(relativeDistance(graph.first, eager.first)).toBeLessThan(1e-5);
    expect(largestDifference(graph.last, eager.last)).toBeLessThan(1e-4);
  },
);

test.each(Object.entries(cases))("takes the same steps compiled as op by op: %s", async (_, given) => {
  const [eager, graph] = [await run(given, "eager", "sgd", 20), await run(given, "graph", "sgd", 20)];

  const [one, other] = [await gradientsOf(given, "eager"), await gradientsOf(given, "graph")];

  expect(graph.losses[0]).toBeCloseTo(eager.losses[0]!, 6);
  expect(relativeDistance(other, one)).toBeLessThan(1e-5);
  expect(largestDifference(graph.last, eager.last)).toBeLessThan(1e-4);
  expect(differenceOf(graph.logits, eager.logits)).toBeLessThan(1e-3);
});

test.each(optimizerNames)("updates weights and slots alike compiled and op by op: %s", async (name) => {
  const given: Case = { model: [{ conv: 4, dropout: 0.1 }, { pool: "max" }, { dense: 8 }] };
  const [eager, graph] = [await run(given, "eager", name, 20), await run(given, "graph", name, 20)];

  expect(largestDifference(graph.last, eager.last)).toBeLessThan(2e-3);
  expect([...graph.last.variables.keys()]).toEqual([...eager.last.variables.keys()]);
});

async function run(given: Case, kind: "eager" | "graph", optimizer: string, steps: number, batch = 16) {
  const train = { ...given.train, engine: kind, optimizer: { ...(given.train?.["optimizer"] as object), name: optimizer } };
  const engine = createEngine(engineOptions({ ...given, rows: 40, train }));
  const losses: number[] = [];
  const states: EngineState[] = [];
  for (let step = 0; step < steps; step++) {
    const order = allRows(batch).map((row) => (row * 7 + step * 3) % 40);
    const request = {
      epoch: step + 1,
      order,
      fromStep: 0,
      learningRate: 1e-3,
      runningTotals: noTotals,
      onProgress: async () => false,
    };
    const { totals } = await engine.trainEpoch(request);
    losses.push(totals.lossSum / totals.rows);
    if (step === 0 || step === steps - 1) states.push(await engine.state());
  }
  const logits = await engine.logits(allRows(batch));
  engine.dispose();
  return { losses, first: states[0]!, last: states.at(-1)!, logits };
}

/** After one step with rate 1, the momentum of each weight is its negative gradient. */
async function gradientsOf(given: Case, kind: "eager" | "graph"): Promise<EngineState> {
  const train = { ...given.train, engine: kind, optimizer: { ...(given.train?.["optimizer"] as object), name: "momentum" } };
  const engine = createEngine(engineOptions({ ...given, rows: 40, train }));
  const request = { epoch: 1, order: allRows(16), fromStep: 0, learningRate: 1 };
  await engine.trainEpoch({ ...request, runningTotals: noTotals, onProgress: async () => false });
  const { step, variables } = await engine.state();
  engine.dispose();
  return { step, variables: new Map([...variables].filter(([name]) => name.endsWith("/momentum"))) };
}

/**
 * Largest distance of a variable's two values, by the norm of all variables: a bias before a normalization has a gradient of zero but for
 * rounding, and one after a global mean is a sum of thousands of equal numbers.
 */
function relativeDistance(a: EngineState, b: EngineState): number {
  const whole = Math.hypot(...[...b.variables.values()].map(({ values }) => norm(values)));
  const distances = [...b.variables].map(([name, { values }]) => {
    const other = a.variables.get(name)!.values;
    return norm(values.map((value, i) => value - other[i]!));
  });
  return Math.max(...distances) / whole;
}

function largestDifference(a: EngineState, b: EngineState): number {
  return Math.max(...[...b.variables].map(([name, { values }]) => differenceOf(a.variables.get(name)!.values, values)));
}

function differenceOf(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
