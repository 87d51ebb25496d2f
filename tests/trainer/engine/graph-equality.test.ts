import { beforeAll, expect, test } from "vitest";

import { loadTestTensorflow } from "../../support/test-device.ts";
import { optimizerNames } from "../../../ml/train/schema.ts";
import {
  differenceOf,
  firstLossTolerance,
  gradientsOf,
  largestDifference,
  relativeDistance,
  takeSteps,
} from "./compare-engines.ts";
import type { Case } from "./support.ts";

beforeAll(loadTestTensorflow);

const rgb = { height: 12, width: 10, channels: 3 };

/** Of so many rows and columns. */
function almostIdentity(size: number): Float32Array {
  return Float32Array.from({ length: size ** 2 }, (_, i) => (i % (size + 1) === 0 ? 1 : Math.sin(i) / size));
}

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
  "overlapping maximum pools with padding after ReLU, and others after another": {
    model: [
      { conv: 4 },
      { pool: "max", size: 3, stride: 2, padding: "same" },
      { conv: 4, activation: "tanh" },
      { pool: "max" },
      { conv: 4 },
      { activation: "relu" },
      { pool: "max", size: 2, stride: 1 },
    ],
    shape: rgb,
  },
  "sum pool with padding": {
    model: [{ conv: 4 }, { pool: "sum", size: 3, stride: 2, padding: "same" }, { dense: 4 }],
    shape: rgb,
  },
  // Few places: behind a mean a bias' gradient is a sum of equal numbers, whose rounding grows with each one.
  "global pools": {
    model: [{ conv: 4 }, { pool: "globalAverage" }, { dense: 4 }],
    shape: { height: 6, width: 5, channels: 3 },
  },
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
  "normalization that centers each sample": { model: [{ conv: 4 }], normalize: { method: "samplewise", deviation: false } },
  "normalization by whitening": {
    model: [{ conv: 4 }],
    shape: rgb,
    normalize: { method: "zca", offset: [120, 100, 90], scale: [0.01] },
    whitening: almostIdentity(12 * 10 * 3),
  },
  "pixels fed with each call": { model: [{ conv: 4 }, { pool: "max", dropout: 0.2 }], residentBytes: 0 },
};

test.each(Object.entries(cases))("takes the same steps compiled as op by op: %s", async (_, given) => {
  const [eager, graph] = [await takeSteps(given, "eager", "sgd"), await takeSteps(given, "graph", "sgd")];

  const [one, other] = [await gradientsOf(given, "eager"), await gradientsOf(given, "graph")];

  expect(Math.abs(graph.losses[0]! - eager.losses[0]!)).toBeLessThan(firstLossTolerance);
  expect(relativeDistance(other, one)).toBeLessThan(1e-5);
  expect(largestDifference(graph.last, eager.last)).toBeLessThan(1e-4);
  expect(differenceOf(graph.logits, eager.logits)).toBeLessThan(1e-3);
});

test.each(optimizerNames)("updates weights and slots alike compiled and op by op: %s", async (name) => {
  const given: Case = { model: [{ conv: 4, dropout: 0.1 }, { pool: "max" }, { dense: 8 }] };
  const [eager, graph] = [await takeSteps(given, "eager", name), await takeSteps(given, "graph", name)];

  expect(largestDifference(graph.last, eager.last)).toBeLessThan(2e-3);
  expect([...graph.last.variables.keys()]).toEqual([...eager.last.variables.keys()]);
});
