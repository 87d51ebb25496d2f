import { expect, test } from "vitest";

import { buildNetwork } from "../../../ml/model/build-network.ts";
import { layersSchema } from "../../../ml/model/schema.ts";
import { summarizeNetwork } from "../../../ml/model/summary.ts";
import { InvalidConfiguration } from "../../../ml/errors.ts";

const native = {
  execute: () => {
    throw new Error("not computed here");
  },
};

function network(
  model: unknown[],
  given: { height?: number; width?: number; channels?: number; classes?: string[]; binary?: boolean } = {},
) {
  const {
    height = 28,
    width = 28,
    channels = 1,
    classes = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    binary = false,
  } = given;
  const encoder = {
    formatVersion: 1 as const,
    encoding: binary ? ("binary" as const) : ("one-hot" as const),
    classes,
    trainCounts: [],
  };
  return buildNetwork({ height, width, channels, encoder, layers: layersSchema.parse(model), seed: 1, native });
}

test("shows Keras' layer names, shapes and parameters for the chest X-ray network", () => {
  const model = [32, 64, 128].flatMap((filters) => [{ conv: filters, padding: "valid" }, { pool: "max" }]);

  const summary = summarizeNetwork(
    network([...model, "flatten", { dense: 128 }], {
      height: 224,
      width: 224,
      channels: 3,
      classes: ["NORMAL", "PNEUMONIA"],
      binary: true,
    }),
  );

  expect(summary.layers.map(({ name, outputShape, parameterCount }) => [name, outputShape, parameterCount])).toEqual([
    ["conv2d", [222, 222, 32], 896],
    ["max_pooling2d", [111, 111, 32], 0],
    ["conv2d_1", [109, 109, 64], 18_496],
    ["max_pooling2d_1", [54, 54, 64], 0],
    ["conv2d_2", [52, 52, 128], 73_856],
    ["max_pooling2d_2", [26, 26, 128], 0],
    ["flatten", [86_528], 0],
    ["dense", [128], 11_075_712],
    ["dense_1", [1], 129],
  ]);
  expect(summary).toMatchObject({ parameterCount: 11_169_089, trainableCount: 11_169_089, nonTrainableCount: 0 });
});

test("counts moving averages as not trainable", () => {
  const summary = summarizeNetwork(network([{ conv: 4, batchNorm: true }]));

  expect(summary.nonTrainableCount).toBe(8);
  expect(summary.trainableCount).toBe(36 + 8 + 28 * 28 * 4 * 10 + 10);
});

test("gives a weight the same first values whatever stands after it, and other ones to another layer of the same shape", () => {
  const short = network([{ dense: 16, activation: "tanh" }, { dense: 16 }]);
  const long = network([{ dense: 16 }, { dense: 16 }, { dense: 16 }]);

  const kernel = (from: typeof short, name: string) =>
    from.weights.find((weight) => weight.name === `${name}/kernel`)!.variable.dataSync();
  expect(kernel(long, "dense")).toEqual(kernel(short, "dense"));
  expect(kernel(long, "dense_2")).not.toEqual(kernel(long, "dense_1"));
});

test("puts a flatten before the head, trains a sigmoid output of several classes as softmax, and a binary one with one unit", () => {
  expect(summarizeNetwork(network([{ output: "sigmoid" }])).layers.map((layer) => layer.name)).toEqual(["flatten", "dense"]);
  expect(network([{ output: "sigmoid" }])).toMatchObject({ head: "softmax", outputs: 10 });
  expect(network(["flatten"], { classes: ["cat", "dog"], binary: true })).toMatchObject({ head: "sigmoid", outputs: 1 });
});

test.each([
  [[{ conv: 4, kernel: 29, padding: "valid" }], /model\[0\].*leaves no pixels|model\[0\].*does not fit/],
  [["flatten", { conv: 4 }], /model\[1\].*does not fit its input of 784/],
  [[{ output: "softmax" }, { dense: 3 }], /model\[1\].*comes after the output/],
])("refuses %j, naming the layer", (model, message) => {
  expect(() => network(model)).toThrow(InvalidConfiguration);
  expect(() => network(model)).toThrow(message);
});

/** Published parameters of each network: Keras' applications, torchvision's ResNet-18, Caffe's GoogLeNet, LeNet-5 in textbooks. */
test.each([
  ["lenet5", true, { height: 28, width: 28, channels: 1 }, 61_706 - 850],
  ["alexnet", false, { height: 227, width: 227, channels: 3 }, 3_747_200],
  ["vgg16", false, { height: 224, width: 224, channels: 3 }, 14_714_688],
  ["vgg19", false, { height: 224, width: 224, channels: 3 }, 20_024_384],
  ["googlenet", true, { height: 224, width: 224, channels: 3 }, 5_973_552],
  ["resnet18", true, { height: 224, width: 224, channels: 3 }, 11_176_512],
  ["resnet50", true, { height: 224, width: 224, channels: 3 }, 23_534_592],
] as const)("%s (top: %s) has its published number of trainable parameters", (architecture, top, image, parameters) => {
  const built = network([{ architecture, top }], { ...image, classes: ["a", "b"], binary: true });
  const { layers, trainableCount } = summarizeNetwork(built);
  built.model.dispose();

  expect(trainableCount - layers.at(-1)!.parameterCount).toBe(parameters);
});

test("counts VGG16 without its top, a flatten and two dense layers as Keras does", () => {
  const model = [{ architecture: "vgg16", top: false }, "flatten", { dense: 256 }];

  const built = network(model, { height: 224, width: 224, channels: 3, classes: ["cat", "dog"], binary: true });
  expect(summarizeNetwork(built).parameterCount).toBe(21_137_729);
  built.model.dispose();
});
