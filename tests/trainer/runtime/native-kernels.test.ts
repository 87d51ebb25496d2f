import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";

import { upsamplingGradient } from "../../../trainer/runtime/native-kernels.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";

beforeAll(loadTestTensorflow);

const images = (batch: number, height: number, width: number, channels: number) =>
  tf
    .range(0, batch * height * width * channels)
    .mul(0.37)
    .sin()
    .reshape<tf.Tensor4D>([batch, height, width, channels]);

test.each([
  { batch: 7, height: 12, width: 10, stride: [2, 2] as [number, number], pad: "same" as const },
  { batch: 5, height: 7, width: 9, stride: [2, 3] as [number, number], pad: "same" as const },
  { batch: 4, height: 7, width: 9, stride: [3, 2] as [number, number], pad: "valid" as const },
])("gives a 1×1 convolution with stride $stride the filter gradient of the pixels it reads, batch $batch", async (given) => {
  const { batch, height, width, stride, pad } = given;
  const x = images(batch, height, width, 3);
  const filter = tf.ones<tf.Rank.R4>([1, 1, 3, 4]);
  const weights = images(batch, Math.ceil(height / stride[0]), Math.ceil(width / stride[1]), 4);

  const gradient = tf.grad((f: tf.Tensor) => tf.conv2d(x, f as tf.Tensor4D, stride, pad).mul(weights))(filter);

  const read = x.stridedSlice([0, 0, 0, 0], x.shape, [1, ...stride, 1]);
  const expected = tf.matMul(read.reshape([-1, 3]), weights.reshape([-1, 4]), true).reshape([1, 1, 3, 4]);
  const difference = await tf.max(tf.abs(gradient.sub(expected))).data();
  expect(difference[0]).toBeLessThan(1e-4);
});

test("never asks oneDNN for it with a stride, where it damages memory", async () => {
  const [x, filter] = [images(7, 12, 10, 3), tf.ones<tf.Rank.R4>([1, 1, 3, 4])];

  const { kernelNames } = await tf.profile(() => tf.grad((f: tf.Tensor) => tf.conv2d(x, f as tf.Tensor4D, 2, "same"))(filter));

  expect(kernelNames).toContain("StridedSlice"); // the pixels it reads; the convolution over them has no stride
});

test("gives enlarged images the gradient that TensorFlow gives them on the processor", () => {
  const [x, dy] = [images(2, 3, 4, 5), images(2, 9, 8, 5)];
  const expected = tf.grad((small: tf.Tensor) => tf.image.resizeNearestNeighbor(small as tf.Tensor4D, [9, 8]).mul(dy))(x);

  const gradient = upsamplingGradient({ images: x, dy }, { alignCorners: false })!;

  expect(tf.max(tf.abs(gradient.sub(expected))).dataSync()[0]).toBeLessThan(1e-5);
  expect(upsamplingGradient({ images: x, dy: images(2, 7, 8, 5) }, { alignCorners: false })).toBeUndefined();
});
