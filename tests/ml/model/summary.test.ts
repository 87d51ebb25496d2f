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
  given: { height?: number; width?: number; channels?: number; classes?: string[]; binary?: boolean; seed?: number | null } = {},
) {
  const {
    height = 28,
    width = 28,
    channels = 1,
    classes = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    binary = false,
    seed = 1,
  } = given;
  const encoder = {
    formatVersion: 1 as const,
    encoding: binary ? ("binary" as const) : ("one-hot" as const),
    classes,
    trainCounts: [],
  };
  return buildNetwork({ height, width, channels, encoder, layers: layersSchema.parse(model), seed, native });
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

/**
 * Published parameters with the head: Keras' applications (all parameters), torchvision's ResNet-18 and -34 (trainable ones), Caffe's GoogLeNet
 * (bvlc_googlenet), AlexNet in one column, LeNet-5 in textbooks.
 */
test.each([
  ["lenet5", 28, 1, 10, "trainableCount", 61_706],
  ["alexnet", 227, 3, 1000, "parameterCount", 62_378_344],
  ["vgg16", 224, 3, 1000, "parameterCount", 138_357_544],
  ["vgg19", 224, 3, 1000, "parameterCount", 143_667_240],
  ["googlenet", 224, 3, 1000, "parameterCount", 6_998_552],
  ["inceptionv3", 299, 3, 1000, "parameterCount", 23_851_784],
  ["resnet18", 224, 3, 1000, "trainableCount", 11_689_512],
  ["resnet34", 224, 3, 1000, "trainableCount", 21_797_672],
  ["resnet50", 224, 3, 1000, "parameterCount", 25_636_712],
  ["convnet", 28, 1, 10, "parameterCount", 421_642],
] as const)(
  "%s has its published number of parameters for %i pixels a side, %i channels",
  (architecture, side, channels, classCount, kind, count) => {
    const classes = Array.from({ length: classCount }, (_, i) => String(i));
    const built = network([{ architecture }], { height: side, width: side, channels, classes, seed: null });
    const summary = summarizeNetwork(built);
    built.model.dispose();

    expect(summary[kind]).toBe(count);
  },
);

test("has Keras' layers in Keras' order in Inception-v3", () => {
  const built = network([{ architecture: "inceptionv3", top: false }], { height: 299, width: 299, channels: 3, seed: null });
  const { layers, nonTrainableCount } = summarizeNetwork(built);
  built.model.dispose();
  const shapeOf = (name: string) => layers.find((layer) => layer.name === name)!.outputShape;

  expect(nonTrainableCount).toBe(34_432);
  expect(layers.filter(({ type }) => type === "Conv2D")).toHaveLength(94);
  expect([shapeOf("mixed0"), shapeOf("mixed3"), shapeOf("mixed8"), shapeOf("mixed10")]).toEqual([
    [35, 35, 256],
    [17, 17, 768],
    [8, 8, 1280],
    [8, 8, 2048],
  ]);
  expect(layers.at(-3)).toMatchObject({ name: "mixed10", type: "Concatenate" });
});

test("names blocks and convolutions of every kind as Keras would, with their parameters", () => {
  const model = [
    { conv: 4 },
    { depthwise: 2 },
    { separable: 6 },
    { transposed: 3 },
    { upsample: 2 },
    { residual: 3, repeat: 2, name: "block" },
    { inception: [1, 2, 3, 4, 5, 6] },
    { reshape: [112, 112, 15] },
    { activation: "tanh" },
  ];

  const built = network(model, { seed: null });
  const { layers } = summarizeNetwork(built);
  built.model.dispose();

  const rows = layers.map(({ name, outputShape, parameterCount }) => [name, outputShape.join(), parameterCount]);
  expect(rows.slice(0, 5)).toEqual([
    ["conv2d", "28,28,4", 40],
    ["depthwise_conv2d", "28,28,8", 4 * 9 * 2 + 8],
    ["separable_conv2d", "28,28,6", 8 * 9 + 8 * 6 + 6],
    ["conv2d_transpose", "56,56,3", 6 * 9 * 3 + 3],
    ["up_sampling2d", "112,112,3", 0],
  ]);
  expect(rows[5]).toEqual(["block_1_1_conv", "112,112,3", 81]);
  expect(rows.filter(([name]) => /^block_2_(add|out)$/.test(String(name)))).toHaveLength(2);
  expect(rows.find(([name]) => name === "concatenate")).toEqual(["concatenate", "112,112,15", 0]);
  expect(rows.slice(-4).map(([name]) => name)).toEqual(["reshape", "activation", "flatten", "dense"]);
});

test("counts VGG16 without its top, a flatten and two dense layers as Keras does", () => {
  const model = [{ architecture: "vgg16", top: false }, "flatten", { dense: 256 }];

  const built = network(model, { height: 224, width: 224, channels: 3, classes: ["cat", "dog"], binary: true });
  expect(summarizeNetwork(built).parameterCount).toBe(21_137_729);
  built.model.dispose();
});
