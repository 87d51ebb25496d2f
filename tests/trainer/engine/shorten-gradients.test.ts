import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";

import { engineContext } from "../../../trainer/engine/engine-context.ts";
import { recordStep } from "../../../trainer/engine/graph/record-step.ts";
import type { RecordedOp } from "../../../trainer/engine/graph/recorder.ts";
import { shortenGradients } from "../../../trainer/engine/graph/shorten-gradients.ts";
import { executeOp } from "../../../trainer/runtime/node-backend.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import { engineOptions } from "./support.ts";

beforeAll(loadTestTensorflow);

const shape = { height: 8, width: 8, channels: 1 };
const opsOf = (model: unknown[]) => recordStep(engineContext(engineOptions({ model, shape })), 2).recording.ops;
const shapesOf = (ops: RecordedOp[], name: string) => ops.filter(({ op }) => op === name).map(({ outputs }) => outputs[0]!.shape);

test("takes a ReLU's gradient of the pooled image, and sums a bias' gradient over that", () => {
  const ops = opsOf([{ conv: 4 }, { pool: "max" }]);

  expect(shapesOf(ops, "ReluGrad")).toEqual([[2, 4, 4, 4]]);
  expect(shapesOf(ops, "MaxPoolGrad")).toEqual([[2, 8, 8, 4]]);
  const relu = ops.find(({ op }) => op === "ReluGrad")!;
  expect(ops.filter(({ op }) => op === "BiasAddGrad").map(({ inputs }) => inputs[0])).toContain(relu.outputs[0]!.id);
});

test("leaves the gradient of a ReLU whose output is not only pooled, and of one behind another layer, as it is", () => {
  expect(shapesOf(opsOf([{ conv: 4 }, { dropout: 0.5 }, { pool: "max" }]), "ReluGrad")).toEqual([[2, 8, 8, 4]]);
  const output = (id: number) => [{ id, dtype: 1, shape: [] }];
  const ops: RecordedOp[] = [
    { op: "MaxPool", attributes: {}, inputs: [1], outputs: output(2) },
    { op: "MaxPoolGrad", attributes: {}, inputs: [1, 2, 3], outputs: output(4) },
    { op: "AddV2", attributes: {}, inputs: [4, 5], outputs: output(6) },
    { op: "ReluGrad", attributes: {}, inputs: [6, 1], outputs: output(7) },
  ];

  expect(shortenGradients({ ops, constants: new Map() }, [7]).ops).toEqual(ops);
});

test.each([
  { ksize: [1, 2, 2, 1], strides: [1, 2, 2, 1], padding: "VALID" },
  { ksize: [1, 3, 3, 1], strides: [1, 2, 2, 1], padding: "SAME" },
  { ksize: [1, 3, 3, 1], strides: [1, 1, 1, 1], padding: "SAME" },
])("pools of $ksize by $strides, $padding, give the same values either way, and the same sums but for rounding", (given) => {
  const pool = {
    T: { type: "float" },
    ksize: { int: given.ksize },
    strides: { int: given.strides },
    padding: { string: given.padding },
    data_format: { string: "NHWC" },
  } as const;
  const float = { T: { type: "float" } } as const;
  const x = tf.relu(tf.randomNormal([3, 9, 7, 5], 0, 1, "float32", 1));
  const y = executeOp("MaxPool", pool, [x])[0]!;
  const dy = tf.randomNormal(y.shape, 0, 1, "float32", 2);

  const long = executeOp("ReluGrad", float, [executeOp("MaxPoolGrad", pool, [x, y, dy])[0]!, x])[0]!;
  const pooled = executeOp("ReluGrad", float, [dy, y])[0]!;
  const short = executeOp("MaxPoolGrad", pool, [x, y, pooled])[0]!;

  const unsigned = (tensor: tf.Tensor) => tensor.dataSync().map((value) => value + 0); // a zero may have lost its sign
  expect(unsigned(short)).toEqual(unsigned(long));
  const [sums, others] = [long, pooled].map((gradient) => executeOp("BiasAddGrad", float, [gradient])[0]!.dataSync());
  for (const [i, sum] of others!.entries()) expect(sum).toBeCloseTo(sums![i]!, 4);
});
