import { z } from "zod";

import { augmentParametersSchema } from "./augment/schema.ts";
import { checkParametersSchema } from "./check/schema.ts";
import { encodeParametersSchema } from "./encode/schema.ts";
import { evaluateParametersSchema } from "./evaluate/schema.ts";
import { exploreParametersSchema } from "./explore/schema.ts";
import { datasetReadingSchema, ingestParametersSchema } from "./ingest/schema.ts";
import { modelParametersSchema } from "./model/transfer/schema.ts";
import { normalizeParametersSchema } from "./normalize/schema.ts";
import { registerParametersSchema } from "./register/schema.ts";
import { retrainParametersSchema } from "./retrain/schema.ts";
import { splitParametersSchema } from "./split/schema.ts";
import { sweepParametersSchema } from "./sweep/schema.ts";
import { trainParametersSchema } from "./train/schema.ts";

export const datasetSourceSchema = z
  .strictObject({
    path: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .describe(
        "a folder or file, `npm:<package>/<folder>`, `s3://<bucket>/<folder or key>`, an https:// address without password or signature, or a list of these; relative paths start from the folder in which convoy is started",
      ),
    ...datasetReadingSchema.shape,
  })
  .refine(({ table, key }) => table === undefined || key !== undefined, {
    path: ["key"],
    message: "is needed with dataset.table: the column that names the image",
  })
  .refine(({ table, label }) => table === undefined || label !== undefined, {
    path: ["label"],
    message: "is needed with dataset.table: the column that holds the class",
  });

/** A pipeline file: what differs between runs, and nothing of the order. Top-level keys are the stages' verbs. */
export const pipelineSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,59}$/, "lower-case letters, digits and dashes, at most 60")
    .describe("name of the pipeline and, by default, of the model"),
  seed: z.int().min(0).max(4_294_967_295).default(0).describe("the seed of the run; every random draw follows from it"),
  onFailure: z
    .enum(["fail", "wait"])
    .default("fail")
    .describe(
      "what a run does when a stage has failed for good: end, or wait until `convoy retry` continues it (scheduled runs always end)",
    ),
  waitTimeout: z
    .string()
    .regex(/^[1-9][0-9]{0,5} ?(m|h|d)$/, "a number of minutes, hours or days: 30m, 72h, 7d")
    .default("72h")
    .describe("with `onFailure: wait`: how long the run waits before it fails after all: 30m, 72h, 7d"),
  dataset: datasetSourceSchema,
  ingest: ingestParametersSchema.prefault({}),
  check: checkParametersSchema.prefault({}),
  explore: exploreParametersSchema.prefault({}),
  split: splitParametersSchema.prefault({}),
  normalize: normalizeParametersSchema.prefault("rescale"),
  encode: encodeParametersSchema
    .prefault("auto")
    .describe("how classes become targets; auto: one number, 0 or 1, for two classes, else one-hot"),
  augment: augmentParametersSchema.prefault({}),
  model: modelParametersSchema,
  train: trainParametersSchema.prefault({}),
  evaluate: evaluateParametersSchema.prefault({}),
  register: registerParametersSchema.prefault({}),
  sweep: sweepParametersSchema.optional(),
  retrain: retrainParametersSchema.optional(),
});
export type Pipeline = z.infer<typeof pipelineSchema>;

const needsValidation =
  "on the validation part: give split.validation more than 0 (or set split.strategy to given, where the data has such a part)";

function mayValidate({ split }: Pipeline): boolean {
  return split.validation > 0 || split.strategy === "given";
}

/**
 * What a person may write: a pipeline, and none that fails, or answers otherwise than it says, once its model is trained. Records keep what
 * was allowed in their time.
 */
export const writtenPipelineSchema = pipelineSchema
  .refine((pipeline) => pipeline.evaluate.calibration === "none" || mayValidate(pipeline), {
    path: ["evaluate", "calibration"],
    message: `is fitted ${needsValidation}`,
  })
  .refine((pipeline) => typeof pipeline.evaluate.threshold === "number" || mayValidate(pipeline), {
    path: ["evaluate", "threshold"],
    message: `is found ${needsValidation}`,
  });
