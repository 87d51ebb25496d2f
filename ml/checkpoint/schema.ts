import { z } from "zod";

import { earlierTrainingSchema } from "../run/schema.ts";
import { epochRecordSchema } from "../train/schema.ts";

const finiteSums = z.strictObject({ lossSum: z.number(), correct: z.number(), rows: z.int().nonnegative() });

/** Everything of a training that is no tensor; with the tensors it is enough to go on as if nothing had happened. */
export const checkpointStateSchema = z.strictObject({
  /** The epoch under way or just finished, 1 for the first; 0 before any. */
  epoch: z.int().nonnegative(),
  /** Steps taken in it. */
  stepInEpoch: z.int().nonnegative(),
  /** Whether it is finished, validation included. */
  epochDone: z.boolean(),
  /** Sums over the steps taken in it. */
  runningTotals: finiteSums,
  history: z.array(epochRecordSchema),
  bestEpoch: z.strictObject({
    best: z.strictObject({ epoch: z.int().positive(), value: z.number() }).nullable(),
    epochsWithout: z.int().nonnegative(),
  }),
  /** Absent in checkpoints of builds that had one rate for all epochs and no patience of its own. */
  patience: z.strictObject({ best: z.number().nullable(), epochsWithout: z.int().nonnegative() }).optional(),
  rate: z
    .strictObject({
      base: z.number().nonnegative(),
      best: z.number().nullable(),
      epochsWithout: z.int().nonnegative(),
      cooldown: z.int().nonnegative(),
    })
    .optional(),
  stoppedEarly: z.boolean(),
  /** Spent on the epochs finished, all attempts together; kept only where `train.maxMinutes` asks for it. */
  trainedMs: z.number().nonnegative().optional(),
  /** What each of `train.callbacks` keeps, in their order. */
  callbacks: z.array(z.json()).optional(),
  /** The earlier run's checkpoint that this run's training went on from; absent where it began anew. */
  continuedFrom: earlierTrainingSchema.optional(),
});
export type CheckpointState = z.infer<typeof checkpointStateSchema>;

/** The JSON at the start of a checkpoint's bytes; the tensors' float32 values follow in this order. */
export const checkpointHeaderSchema = z.strictObject({
  formatVersion: z.literal(1),
  /** Hash of data and parameters: one of others is never resumed. */
  workHash: z.string(),
  /** Whether it is of no use without the best epoch's weights. */
  keepsBest: z.boolean(),
  /** Optimizer steps since the first epoch. */
  step: z.int().nonnegative(),
  state: checkpointStateSchema,
  variables: z.array(z.strictObject({ name: z.string(), shape: z.array(z.int().nonnegative()) })),
});
export type CheckpointHeader = z.infer<typeof checkpointHeaderSchema>;

/** Who may write: the attempt that was scheduled last. */
export const checkpointOwnerSchema = z.strictObject({
  activityId: z.string(),
  attempt: z.int().positive(),
  /** When Temporal scheduled the attempt, ms since 1970 by the server's clock: grows from attempt to attempt, whoever runs it. */
  scheduledAtMs: z.number(),
});
export type CheckpointOwner = z.infer<typeof checkpointOwnerSchema>;

export const checkpointEntrySchema = z.strictObject({
  key: z.string(),
  sha256: z.string(),
  sizeBytes: z.int().positive(),
  workHash: z.string(),
  epoch: z.int().nonnegative(),
  stepInEpoch: z.int().nonnegative(),
  epochDone: z.boolean(),
  /** Key of the checkpoint with the best epoch's weights, this one's own where it is; null before any. */
  best: z.string().nullable(),
});
export type CheckpointEntry = z.infer<typeof checkpointEntrySchema>;

/** `checkpoints/<run id>/<stage>/manifest.json`: moved only by conditional writes; what it does not list does not exist. */
export const checkpointManifestSchema = z.strictObject({
  formatVersion: z.literal(1),
  owner: checkpointOwnerSchema,
  /** Oldest first. */
  checkpoints: z.array(checkpointEntrySchema),
});
export type CheckpointManifest = z.infer<typeof checkpointManifestSchema>;

/** One line of the failure log beside the checkpoints. */
export const trainingFailureSchema = z.strictObject({
  formatVersion: z.literal(1),
  attempt: z.int().positive(),
  /** Newest checkpoint when it failed; failures with the same one made no progress between them. */
  checkpoint: z.string().nullable(),
  type: z.string(),
  message: z.string(),
});
export type TrainingFailure = z.infer<typeof trainingFailureSchema>;
