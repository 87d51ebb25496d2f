import { expect, test } from "vitest";

import { runCommand, testTerminal } from "../support/run-command.ts";

const summary = (...argv: string[]) => runCommand(["model", "summary", ...argv], {});

test("shows case 4 to the digit, with Keras' names and shapes, without a server", async () => {
  const { stdout, code } = await summary("pipelines/chest-xray.yaml");

  expect(code).toBe(0);
  expect(stdout.trimEnd().split("\n")).toEqual([
    "conv2d (Conv2D)\t(None, 222, 222, 32)\t896",
    "max_pooling2d (MaxPooling2D)\t(None, 111, 111, 32)\t0",
    "conv2d_1 (Conv2D)\t(None, 109, 109, 64)\t18496",
    "max_pooling2d_1 (MaxPooling2D)\t(None, 54, 54, 64)\t0",
    "conv2d_2 (Conv2D)\t(None, 52, 52, 128)\t73856",
    "max_pooling2d_2 (MaxPooling2D)\t(None, 26, 26, 128)\t0",
    "flatten (Flatten)\t(None, 86528)\t0",
    "dense (Dense)\t(None, 128)\t11075712",
    "dense_1 (Dense)\t(None, 1)\t129",
    "Total params\t\t11169089",
    "Trainable params\t\t11169089",
    "Non-trainable params\t\t0",
  ]);
});

test("shows people a table with totals and memory", async () => {
  const { stdout } = await runCommand(["model", "summary", "pipelines/chest-xray.yaml"], {
    terminal: testTerminal({ isTerminal: true }),
  });

  expect(stdout).toMatch(/^Model: "chest-xray"\n\nLayer \(type\) +Output Shape +Param #/);
  expect(stdout).toMatch(/dense \(Dense\) +\(None, 128\) +11,075,712/);
  expect(stdout).toContain(
    "Total params: 11,169,089 (42.61 MB)\nTrainable params: 11,169,089 (42.61 MB)\nNon-trainable params: 0 (0.00 B)\n",
  );
});

test("gives programs the same as JSON, for the input and classes they name", async () => {
  const { stdout } = await summary("pipelines/mnist-convnet.yaml", "--input", "28x28x1", "--classes", "10", "--json");

  expect(JSON.parse(stdout)).toMatchObject({
    name: "mnist-convnet",
    input: { height: 28, width: 28, channels: 1 },
    classCount: 10,
    parameterCount: 421_642,
    layers: expect.arrayContaining([{ name: "dense_1", type: "Dense", outputShape: [10], parameterCount: 1290 }]),
  });
});

test.each([
  [["pipelines/mnist-convnet.yaml"], /leaves ingest\.height, ingest\.width, ingest\.channels to the data.*--input 28x28x1/],
  [["pipelines/mnist-convnet.yaml", "--input", "28x28x1"], /how many classes.*--classes COUNT/],
  [["pipelines/mnist-convnet.yaml", "--input", "28"], /HEIGHTxWIDTHxCHANNELS.*received "28"/],
])("says what a file leaves open and how to name it: %j", async (argv, message) => {
  const { stderr, code } = await summary(...argv);

  expect(code).toBe(2);
  expect(stderr.replaceAll(/\s+/g, " ")).toMatch(message);
});
