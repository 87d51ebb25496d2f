import { z } from "zod";

import { artifactRefSchema } from "../artifact.ts";
import { augmentationSchema } from "../augment/schema.ts";
import { encoderSchema } from "../encode/schema.ts";
import { evaluateParametersSchema, evaluationSchema, logitCorrectionSchema } from "../evaluate/schema.ts";
import { datasetSchema } from "../ingest/schema.ts";
import { modelParametersSchema } from "../model/transfer/schema.ts";
import { normalizerSchema } from "../normalize/schema.ts";
import { predictedSchema, predictJobSchema, predictRequestSchema } from "../predict/schema.ts";
import { modelFormats } from "../register/schema.ts";
import { earlierTrainingSchema } from "../run/schema.ts";
import { scoreSchema, trainParametersSchema } from "./schema.ts";

const working = {
  runId: z.string(),
  /** Seed of the run; every stream is derived from it by name. */
  seed: z.int(),
  dataset: datasetSchema,
  /** npy uint8 [rows] of part codes (ml/split/schema.ts). */
  split: artifactRefSchema,
  /** Temporal's attempt number and the activity's id: fence checkpoints and name log folders. */
  attempt: z.int().positive(),
  activityId: z.string(),
  /** When Temporal scheduled this attempt, ms since 1970 by the server's clock: of two attempts the later one may write. */
  scheduledAtMs: z.number(),
};

const computing = { ...working, normalizer: normalizerSchema, encoder: encoderSchema, model: modelParametersSchema };

/** What a supervisor asks one trainer process to do. */
export const trainerJobSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("train"),
    ...computing,
    augmentation: augmentationSchema,
    train: trainParametersSchema,
    /** Ends after this epoch with what it has by then, as a rung of a sweep does; what comes later is the same whether it stopped here or not. */
    untilEpoch: z.int().positive().optional(),
    /** Runs whose checkpoints it may take over where it has none of its own. */
    continues: z.array(z.string()).optional(),
  }),
  z.strictObject({
    kind: z.literal("evaluate"),
    ...computing,
    weights: artifactRefSchema,
    evaluate: evaluateParametersSchema,
    /** As in training. */
    classWeights: trainParametersSchema.shape.classWeights,
  }),
  /** Writes a model in the formats of others. */
  z.strictObject({
    kind: z.literal("export"),
    ...computing,
    weights: artifactRefSchema,
    calibration: logitCorrectionSchema.optional(),
    formats: z.array(z.enum(modelFormats)),
  }),
  /** Loads such files, in a process that knows nothing of how they were written, and asks them what the evaluation asked. */
  z.strictObject({
    kind: z.literal("verify"),
    ...computing,
    weights: artifactRefSchema,
    predictions: artifactRefSchema,
    files: z.record(z.string(), artifactRefSchema),
  }),
  z.strictObject({ kind: z.literal("label-noise"), ...working }),
]);
export type TrainerJob = z.infer<typeof trainerJobSchema>;
export type TrainJob = Extract<TrainerJob, { kind: "train" }>;
export type ExportJob = Extract<TrainerJob, { kind: "export" }>;
export type VerifyJob = Extract<TrainerJob, { kind: "verify" }>;
export type LabelNoiseJob = Extract<TrainerJob, { kind: "label-noise" }>;
export type EvaluateJob = Extract<TrainerJob, { kind: "evaluate" }>;

/**
 * What a process that started a trainer may say: first the job, then images to answer where that is what it was started for. A trainer that
 * `stays` after a training takes another job, once it has said that it is idle.
 * `checkpoint-and-stop`: store a checkpoint now, or answer what was asked, then exit with a `stopped` message.
 */
export const trainerControlSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("job"),
    job: z.discriminatedUnion("kind", [...trainerJobSchema.options, predictJobSchema]),
    stays: z.boolean().optional(),
  }),
  predictRequestSchema,
  z.strictObject({ type: z.literal("checkpoint-and-stop") }),
]);
export type TrainerControl = z.infer<typeof trainerControlSchema>;

/** Where a trainer is; also the heartbeat's details, so keep it small. */
export const trainerProgressSchema = z.strictObject({
  phase: z.enum(["starting", "loading", "compiling", "training", "validating", "checkpointing", "evaluating", "finishing"]),
  epoch: z.int().nonnegative(),
  epochs: z.int().nonnegative(),
  step: z.int().nonnegative(),
  steps: z.int().nonnegative(),
  loss: z.number().nullable(),
  accuracy: z.number().nullable(),
  imagesPerSecond: z.number().nullable(),
  /** The last finished epoch's validation score. */
  validation: scoreSchema.nullable(),
  /** Key of the newest announced checkpoint's bytes. */
  checkpoint: z.string().nullable(),
});
export type TrainerProgress = z.infer<typeof trainerProgressSchema>;

/** What a finished training hands on. */
export const trainResultSchema = z.strictObject({
  /** JSON: layer topology with names and parameter counts, weight specs in byte order. */
  model: artifactRefSchema,
  /** float32 little-endian, concatenated in the order of `model`'s weight specs. */
  weights: artifactRefSchema,
  /** ml/train/schema.ts History as JSON. */
  history: artifactRefSchema,
  /** Of this attempt's epochs; null where none was left to train. */
  imagesPerSecond: z.number().nullable(),
  /** Why `auto` fell back to eager; null otherwise. */
  fallbackReason: z.string().nullable(),
  /** The earlier run's checkpoint that it went on from; null where it began anew. */
  continuedFrom: earlierTrainingSchema.nullable(),
});
export type TrainResult = z.infer<typeof trainResultSchema>;

export const evaluateResultSchema = z.strictObject({
  /** Parquet: row, truth, predicted and one probability column a class, for every row of the test part. */
  predictions: artifactRefSchema,
  /** npy uint8 [mistakes, height, width]: 255 where most speaks for the wrong answer, in the order of the test part's worst mistakes. */
  activationMaps: artifactRefSchema.nullable(),
  test: evaluationSchema,
  validation: evaluationSchema.nullable(),
});
export type EvaluateResult = z.infer<typeof evaluateResultSchema>;

const exportResultSchema = z.strictObject({
  /** By their names in a model version. */
  files: z.record(z.string(), artifactRefSchema),
  /** Formats that this model cannot be written in, with the reason. */
  left: z.array(z.strictObject({ format: z.enum(modelFormats), reason: z.string() })),
});
export type ExportResult = z.infer<typeof exportResultSchema>;

const verifyResultSchema = z.strictObject({
  /** Test images that were asked about. */
  images: z.int(),
  /** By file: the largest distance from a probability of the evaluation; null where an answer is none. */
  distances: z.record(z.string(), z.number().nullable()),
  /** Files that a stranger cannot load, as those of layers of the user's own, with the reason. */
  unloadable: z.record(z.string(), z.string()),
});
export type VerifyResult = z.infer<typeof verifyResultSchema>;

/** What a trainer tells its supervisor. */
export const trainerMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("progress"), progress: trainerProgressSchema }),
  z.strictObject({
    type: z.literal("log"),
    level: z.enum(["debug", "info", "warn", "error"]),
    message: z.string(),
    fields: z.record(z.string(), z.unknown()),
  }),
  z.strictObject({ type: z.literal("trained"), result: trainResultSchema }),
  /** Nothing is left of that training, and another may be asked for. */
  z.strictObject({ type: z.literal("idle") }),
  z.strictObject({ type: z.literal("evaluated"), result: evaluateResultSchema }),
  z.strictObject({ type: z.literal("exported"), result: exportResultSchema }),
  z.strictObject({ type: z.literal("verified"), result: verifyResultSchema }),
  /** Images may be sent. */
  z.strictObject({ type: z.literal("ready") }),
  predictedSchema,
  /** npy float32 [rows asked, classes] */
  z.strictObject({ type: z.literal("out-of-fold"), probabilities: artifactRefSchema }),
  z.strictObject({ type: z.literal("stopped"), checkpoint: z.string().nullable() }),
  /** `name` is the class name of a PipelineError, or of any other error. */
  z.strictObject({
    type: z.literal("failed"),
    name: z.string(),
    message: z.string(),
    stack: z.string(),
    /** Of ArtifactCorrupt: what is damaged. */
    sha256: z.string().optional(),
  }),
]);
export type TrainerMessage = z.infer<typeof trainerMessageSchema>;
