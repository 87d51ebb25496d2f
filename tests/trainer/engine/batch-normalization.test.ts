import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";

import { FusedBatchNormalization } from "../../../ml/model/layers/fused-batch-normalization.ts";
import { TrainingContext } from "../../../ml/model/training-context.ts";
import { executeOp } from "../../../trainer/runtime/node-backend.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";

beforeAll(loadTestTensorflow);

test.each([true, false])("without a trained factor equals one whose factor is 1, training: %s", (training) => {
  const results = [true, false].map((scale) =>
    tf.tidy(() => {
      const context = new TrainingContext();
      const layer = new FusedBatchNormalization({ name: `n${scale}`, scale, context, native: { execute: executeOp } });
      const images = tf.tensor4d([1, 5, 2, 8, 3, -4, 7, 0, 2, 2, 9, 1], [2, 1, 2, 3]);
      const forward = (x: tf.Tensor) => tf.sum(tf.square(layer.apply(x, { training }) as tf.Tensor));
      forward(images);
      const gradient = tf.grad(forward)(images);
      const output = layer.apply(images, { training }) as tf.Tensor;
      const updates = context.takeUpdates().map(({ value }) => [...value.dataSync()]);
      return { weights: layer.weights.length, gradient: [...gradient.dataSync()], output: [...output.dataSync()], updates };
    }),
  );

  const [scaled, plain] = results;
  expect([scaled!.weights, plain!.weights]).toEqual([4, 3]);
  expect(plain!.output).toEqual(scaled!.output);
  expect(plain!.gradient).toEqual(scaled!.gradient);
  expect(plain!.updates).toEqual(scaled!.updates);
});
