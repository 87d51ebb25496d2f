import { z } from "zod";

import { artifactRefSchema } from "../artifact.ts";
import { logitCorrectionSchema } from "../evaluate/schema.ts";
import { moduleSchema } from "../module/schema.ts";
import { resizeKernels, resizeModes } from "../ingest/schema.ts";

/** Names become parts of keys in the store, so they are checked wherever they come from. */
export const modelNameSchema = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/);
export const aliasNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,49}$/);

/** In which a model is kept besides convoy's own: what tfjs loads, and what TensorFlow Serving and Python load. */
export const modelFormats = ["tfjs", "savedModel"] as const;

export const registerParametersSchema = z.strictObject({
  name: modelNameSchema.optional().describe("name of the model; default: the pipeline's name"),
  alias: aliasNameSchema.default("champion").describe("the alias that a version gets if it passes the gate"),
  gate: z
    .enum(["none", "nonInferior", "superior"])
    .default("nonInferior")
    .describe(
      "what a new version must show to take the alias over: none: nothing; nonInferior: not worse by more than the margin; superior: better",
    ),
  margin: z.number().min(0).max(1).default(0.02).describe("by how much the accuracy may be lower for nonInferior"),
  formats: z
    .array(z.enum(modelFormats))
    .default([...modelFormats])
    .describe("other formats in which a version is also stored; each is checked by loading it before the version appears"),
});
export type RegisterParameters = z.infer<typeof registerParametersSchema>;

/** What a model takes and gives; with the files it is enough to predict. */
export const signatureSchema = z.strictObject({
  input: z.strictObject({ shape: z.array(z.int()), dtype: z.enum(["uint8", "uint16"]), channels: z.int() }),
  normalizer: artifactRefSchema,
  classes: z.array(z.string()),
  /** How image files become the input: what ingest did. Absent in versions of format 1. */
  preprocessing: z
    .strictObject({
      resize: z.enum(resizeModes),
      kernel: z.enum(resizeKernels),
      /** Of the user's own, for files that convoy does not know. */
      reader: moduleSchema.optional(),
    })
    .optional(),
  output: z.enum(["softmax", "sigmoid"]),
  /** What its logits are corrected by before they become probabilities. Absent where by nothing. */
  calibration: logitCorrectionSchema.optional(),
  threshold: z.number().nullable(),
  /** The one batch shape evaluation and prediction pad to. */
  batchSize: z.int().positive(),
});

export type Signature = z.infer<typeof signatureSchema>;

/** One immutable version of a model: `models/<name>/versions/<n>.json`. */
export const modelVersionSchema = z.strictObject({
  formatVersion: z.union([z.literal(1), z.literal(2)]),
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

const differenceSchema = z.strictObject({ value: z.number(), low: z.number(), high: z.number() });

const sliceVerdictSchema = z.strictObject({
  column: z.string(),
  value: z.string(),
  rows: z.int(),
  groups: z.int(),
  difference: differenceSchema.nullable(),
  /** Of the challenger being worse by more than the margin, after Holm's correction. */
  p: z.number().nullable(),
  verdict: z.enum(["worse", "not worse", "too few to judge"]),
});
export type SliceVerdict = z.infer<typeof sliceVerdictSchema>;

/** What a promotion rests on: both models' answers to one test set. */
const comparisonSchema = z.strictObject({
  gate: z.enum(["nonInferior", "superior"]),
  margin: z.number(),
  /** Versions that this test set has judged. */
  attempts: z.int(),
  /** Accuracy of the challenger minus that of the champion, and its 95 % interval. */
  difference: differenceSchema,
  slices: z.array(sliceVerdictSchema),
  warnings: z.array(z.string()),
});
export type Comparison = z.infer<typeof comparisonSchema>;

export const aliasMoveKinds = ["promote", "set", "rollback", "remove"] as const;

/** One move of an alias: what it points to now, who moved it, when and why. The newest is the alias itself; all are kept for ever. */
export const aliasMoveSchema = z.strictObject({
  formatVersion: z.literal(2),
  alias: z.string(),
  /** 1 for the alias' first move; 0 for moves recorded before they were counted. */
  number: z.int().nonnegative(),
  kind: z.enum(aliasMoveKinds),
  /** Null: the alias was taken away. */
  version: z.int().positive().nullable(),
  movedAt: z.string(),
  /** A run, or a person. */
  movedBy: z.string(),
  reason: z.string(),
  /** Of a promotion past a gate: what it was decided by. */
  comparison: comparisonSchema.optional(),
});
export type AliasMove = z.infer<typeof aliasMoveSchema>;
