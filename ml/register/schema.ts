import { z } from "zod";

import { artifactRefSchema } from "../artifact.ts";

export const registerParametersSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/)
    .optional()
    .describe("model name; the pipeline's where absent"),
  alias: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,49}$/)
    .default("champion")
    .describe("alias that promotion moves"),
  gate: z
    .enum(["none", "nonInferior", "superior"])
    .default("nonInferior")
    .describe("what the alias' holder demands of a newcomer"),
  margin: z.number().min(0).max(1).default(0.02).describe("how much lower accuracy nonInferior tolerates"),
});
export type RegisterParameters = z.infer<typeof registerParametersSchema>;

/** What a model takes and gives; with the files it is enough to predict. */
export const signatureSchema = z.strictObject({
  input: z.strictObject({ shape: z.array(z.int()), dtype: z.enum(["uint8", "uint16"]), channels: z.int() }),
  normalizer: artifactRefSchema,
  classes: z.array(z.string()),
  output: z.enum(["softmax", "sigmoid"]),
  threshold: z.number().nullable(),
  /** The one batch shape evaluation and prediction pad to. */
  batchSize: z.int().positive(),
});

/** One immutable version of a model: `models/<name>/versions/<n>.json`. */
export const modelVersionSchema = z.strictObject({
  formatVersion: z.literal(1),
  name: z.string(),
  version: z.int().positive(),
  /** sha256 over signature and files: publishing the same content again gives the same version. */
  contentHash: z.string(),
  runId: z.string(),
  createdAt: z.string(),
  signature: signatureSchema,
  files: z.record(z.string(), artifactRefSchema),
  metrics: z.record(z.string(), z.number().nullable()),
  /** sha256 of everything it was made from, by stage output, and the data's licence. */
  lineage: z.record(z.string(), z.string()),
  /** What its figures rest on. */
  evidence: z.strictObject({
    predictions: artifactRefSchema,
    metrics: artifactRefSchema,
    history: artifactRefSchema,
    /** The model card, as Markdown and as a page. */
    card: artifactRefSchema.optional(),
    cardPage: artifactRefSchema.optional(),
  }),
});
export type ModelVersion = z.infer<typeof modelVersionSchema>;
