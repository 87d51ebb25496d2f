import { stages } from "../ml/stages.ts";
import { pipelineFile, setting } from "./common-arguments.ts";
import type { CommandSpec } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";

/** Commands that come before the first run. */
export function startCommands(): CommandSpec[] {
  return [
    defineCommand({
      name: "init",
      summary: "look through some data and write a pipeline file for it",
      details:
        "Guesses layout, label, group and size from names, tables and some images' headers, without decoding any, and writes a commented file that " +
        "runs as it is. Columns whose value alone tells the class are left out. Needs no servers.",
      arguments: { data: { description: "folder or file that holds the data", required: true, completes: "file" } },
      options: {
        output: { flags: "-o, --output <file>", kind: "text", description: "where to write (default: the data's name, `.yaml`)" },
      },
      examples: [
        { line: "convoy init ../data/ham10000", says: "writes ham10000.yaml" },
        { line: "convoy init photos.zip --output cats.yaml", says: "class folders in an archive" },
      ],
      json: "`{file, guessed: {layout, classCounts, table, key, label, group, forbidden, parts, size}}`",
      load: async () => (await import("./commands/init.ts")).initFile,
    }),
    defineCommand({
      name: "plan",
      summary: "what a run would reuse and what it would compute, why, and for about how long",
      details:
        "Looks results up as a run would, and says for each stage that has to run what changed since the last run. Times are estimates from earlier " +
        "runs; that of training is scaled to the number of epochs. Local files are hashed; nothing is uploaded or started.",
      arguments: { file: pipelineFile },
      options: {
        set: setting,
        until: { flags: "--until <stage>", kind: "text", choices: stages, description: "as in `run`" },
      },
      examples: [
        { line: "convoy plan pipelines/mnist.yaml", says: "before it costs anything" },
        { line: "convoy plan pipelines/mnist.yaml --set train.epochs=50", says: "what one value changes" },
      ],
      json: "`{pipeline, stages: [{stage, action, why, madeBy, seconds}], minutes, neverRan}`; `action` is reuse, run or skip, `minutes` null where a stage never ran",
      load: async () => (await import("./commands/plan.ts")).planRun,
    }),
    modelSummary,
  ];
}

const modelSummary = defineCommand({
  name: "model summary",
  summary: "the layers of a pipeline file's model, with shapes and parameters",
  details:
    "Like Keras' `summary()`, with Keras' layer names. Works from the file alone, without data, servers or TensorFlow; image size and number of classes, " +
    "where the file leaves them to the data, must be given as options.",
  arguments: { file: pipelineFile },
  options: {
    set: setting,
    input: {
      flags: "--input <size>",
      kind: "text",
      description: "HEIGHTxWIDTHxCHANNELS of the images (default: ingest.height, width and channels)",
    },
    classes: {
      flags: "--classes <count>",
      kind: "count",
      description: "how many classes (default: those of dataset.classes, or two with `encode: binary`)",
    },
  },
  examples: [
    { line: "convoy model summary pipelines/chest-xray.yaml", says: "11,169,089 parameters" },
    {
      line: "convoy model summary pipelines/mnist-convnet.yaml --input 28x28x1 --classes 10",
      says: "what the file leaves to the data",
    },
    { line: "convoy model summary pipelines/chest-xray.yaml --json | jq .parameterCount", says: "one number of it" },
  ],
  json: "`{name, input, classCount, layers: [{name, type, outputShape, parameterCount}], parameterCount, trainableCount, nonTrainableCount}`",
  load: async () => (await import("./commands/model-summary.ts")).summarizeModel,
});
