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
      summary: "what a run would reuse or do, and why, and about how long it takes",
      details:
        "Asks the ledger as a run would and compares with earlier runs of the pipeline; times are what stages took before, a training's by its " +
        "epochs. Local files are hashed, nothing is uploaded or started.",
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
    "As Keras' `summary()`, with Keras' layer names. From the file alone: neither data nor servers nor TensorFlow are needed; what the file leaves " +
    "to the data has to be said.",
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
