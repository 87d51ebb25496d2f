import { createRequire } from "node:module";

import * as tf from "@tensorflow/tfjs";

import type { BenchLayer } from "./training/cases.ts";
import { answerEpochs, givenCase, randomPixels } from "./training/contestant.ts";

/** tfjs-node as it comes, in the training benchmark: layers and `fit`, without convoy's kernels, on the same libtensorflow. */
const given = givenCase();
createRequire(import.meta.url)("@tensorflow/tfjs-node");
await tf.setBackend("tensorflow");
tf.enableProdMode();
const { height, width, channels, rows, classes, batchSize } = given;
const x = tf.tensor4d(
  Float32Array.from(randomPixels(given), (value) => value / 255),
  [rows, height, width, channels],
);
const labels = Float32Array.from({ length: rows }, (_, row) => row % classes);
const y = classes === 2 ? tf.tensor2d(labels, [rows, 1]) : tf.oneHot(tf.tensor1d(labels, "int32"), classes);

const model = tf.sequential();
model.add(tf.layers.inputLayer({ inputShape: [height, width, channels] }));
for (const layer of given.layers) model.add(stockLayer(layer));
model.add(
  classes === 2
    ? tf.layers.dense({ units: 1, activation: "sigmoid" })
    : tf.layers.dense({ units: classes, activation: "softmax" }),
);
const loss = classes === 2 ? "binaryCrossentropy" : "categoricalCrossentropy";
model.compile({ optimizer: tf.train.adam(1e-3, 0.9, 0.999, 1e-7), loss, metrics: ["accuracy"] });

await answerEpochs(() => model.fit(x, y, { batchSize, epochs: 1 }));

function stockLayer(layer: BenchLayer): tf.layers.Layer {
  if (layer === "flatten") return tf.layers.flatten();
  if ("conv" in layer)
    return tf.layers.conv2d({ filters: layer.conv, kernelSize: 3, padding: layer.padding, activation: "relu" });
  if ("pool" in layer) return tf.layers.maxPooling2d({ poolSize: 2 });
  if ("dense" in layer) return tf.layers.dense({ units: layer.dense, activation: "relu" });
  return tf.layers.dropout({ rate: layer.dropout });
}
