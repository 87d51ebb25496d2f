import { beforeAll, expect, test } from "vitest";

import { engineContext } from "../../../trainer/engine/engine-context.ts";
import { inAnyBatchSize } from "../../../trainer/engine/graph/any-batch-size.ts";
import { recordStep } from "../../../trainer/engine/graph/record-step.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import { engineOptions } from "./support.ts";

beforeAll(loadTestTensorflow);

const layers = [
  { conv: 4, batchNorm: true, l2: 0.1 },
  { pool: "sum", padding: "same", dropout: 0.2 },
  { depthwise: 2, batchNorm: true },
  { separable: 4, stride: 2 },
  { transposed: 4, activation: "tanh" },
  { upsample: 2 },
  { residual: 2, stride: 2, bottleneck: true },
  { inception: [2, 2, 2, 2, 2, 2] },
  { pool: "globalMax" },
  { dense: 4, activation: "softmax" },
  "batchNorm",
];

test.each([
  ["softmax", {}],
  ["sigmoid", { classes: 2, encoding: "binary" }],
] as const)(
  "a step with every kind of layer, augmentation, weights and a %s head is recorded with two and three rows only",
  (_, head) => {
    const given = {
      model: layers,
      shape: { height: 8, width: 8, channels: 3 },
      augment: {
        rotation: 5,
        channelShift: 9,
        brightness: 0.2,
        contrast: 0.2,
        hue: 0.1,
        noise: 0.1,
        cutout: 0.3,
        mixUp: 1,
        cutMix: 1,
      },
      train: { classWeights: "sqrt" },
      normalize: { method: "samplewise" as const },
    };
    const context = engineContext(engineOptions({ ...given, ...head }));
    const recorded: number[] = [];
    const step = inAnyBatchSize((batchSize) => {
      recorded.push(batchSize);
      return recordStep(context, batchSize);
    });

    const { recording, batchSize } = step(1000);

    expect(recorded).toEqual([2, 3]);
    expect(batchSize).toBe(1000);
    expect(Math.max(...[...recording.constants.values()].map(({ values }) => values.length))).toBeLessThan(10);
  },
);

test("records with the real batch size where a constant is neither fixed nor in proportion", () => {
  const recorded: number[] = [];
  const step = inAnyBatchSize((batchSize) => {
    recorded.push(batchSize);
    const constants = new Map([[1, { dtype: 1, shape: [], values: Float32Array.of(1 / batchSize) }]]);
    const ops = [{ op: "Neg", attributes: {}, inputs: [1], outputs: [{ id: 2, dtype: 1, shape: [] }] }];
    return { recording: { ops, constants }, batchSize, wanted: [2] };
  });

  expect(step(7).batchSize).toBe(7);
  expect(recorded).toEqual([2, 3, 7]);
  expect(() => step("any")).toThrow(/batch size/);
});
