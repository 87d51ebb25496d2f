import { model } from "./common-arguments.ts";
import type { CommandSpec } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";

/** Commands that answer with a registered model; they need the store, and no Temporal. */
export const servingCommands: readonly CommandSpec[] = [
  defineCommand({
    name: "predict",
    summary: "classify images with a registered model",
    details:
      "Images are decoded, resized and normalized exactly as in the model's training, and computed in the batch shape of its evaluation: in the same " +
      "environment, the probabilities of a test image equal those of the evaluation bit for bit. Images that cannot be read are listed with the reason " +
      "on stderr, and the exit code is then 1. npy, npz and idx arrays must have the model's shape; how their values are read is in docs/data.md.",
    arguments: {
      model,
      paths: {
        description: "images, folders, zip or tar archives, npy, npz or idx arrays, s3://bucket/key or s3://bucket/prefix/",
        required: true,
        variadic: true,
        completes: "file",
      },
    },
    options: {
      format: {
        flags: "--format <name>",
        kind: "text",
        choices: ["csv", "json", "parquet"],
        description: "output format (default: by the name of --output, else a table)",
      },
      output: {
        flags: "-o, --output <file>",
        kind: "text",
        completes: "file",
        description: "file to write the predictions to: .csv, .json or .parquet",
      },
    },
    examples: [
      { line: "convoy predict mnist ./digit.png", says: "with the champion" },
      {
        line: "convoy predict skin@candidate ./scans more.zip --output predictions.parquet",
        says: "many images, for a program to read",
      },
      { line: "convoy predict skin:3 s3://hospital/incoming/ --json", says: "with version 3, from a bucket of the same server" },
    ],
    json: "`{model: {name, version}, predictions: [{path, class, probability, probabilities}], unreadable: [{path, reason}]}`",
    load: async () => (await import("./commands/predict.ts")).predict,
  }),
  defineCommand({
    name: "serve",
    summary: "serve a registered model over HTTP",
    details:
      "Speaks the Open Inference Protocol (KServe v2): /v2/health/live and ready, /v2/models/NAME and its infer, with pixels or image files, in JSON or " +
      "binary; Prometheus metrics at /metrics; docs/serving.md has examples. Requests that arrive together are computed together. When the alias moves, " +
      "the new version is loaded and takes over without losing a request. Ctrl-C and SIGTERM let it answer the requests it has; a second one ends it at once.",
    arguments: { model },
    options: {
      address: {
        flags: "--address <host:port>",
        kind: "text",
        default: "127.0.0.1:8080",
        description:
          "where to listen; addresses that other machines can reach require CONVOY_SERVE_TOKEN; port 0 takes a free one",
      },
    },
    examples: [
      { line: "convoy serve mnist", says: "the champion, whichever that is" },
      { line: "convoy serve mnist:3 --address 127.0.0.1:0 --json", says: "always version 3, on a free port" },
      {
        line: "curl -H 'Content-Type: image/png' --data-binary @digit.png http://127.0.0.1:8080/v2/models/mnist/infer",
        says: "ask it",
      },
    ],
    json: "`{url, model, version}` as soon as it answers",
    load: async () => (await import("./commands/serve.ts")).serve,
  }),
];
