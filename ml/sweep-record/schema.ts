import { z } from "zod";

import { artifactRefSchema } from "../artifact.ts";
import { pipelineSchema } from "../pipeline.ts";
import { sweepParametersSchema, trialSchema } from "../sweep/schema.ts";

export const sweepStatuses = ["running", "done", "exhausted", "stopped", "failed", "terminated"] as const;
export type SweepStatus = (typeof sweepStatuses)[number];

/** What a worker is asked to train next: an execution of a trial, as the run of this id, to this epoch. */
export const trainingOrderSchema = z.strictObject({
  number: z.int().positive(),
  /** 1 for the first. */
  execution: z.int().positive(),
  runId: z.string(),
  untilEpoch: z.int().positive(),
  /** 1 for the first to this epoch: what is ordered is never ordered alike again. */
  attempt: z.int().positive().default(1),
});
export type TrainingOrder = z.infer<typeof trainingOrderSchema>;

/** `sweeps/<sweep id>/sweep.json`: everything a sweep knows, written by its workflow's activities alone while it lives. */
export const sweepRecordSchema = z.strictObject({
  formatVersion: z.literal(1),
  sweepId: z.string(),
  /** exhausted: every point of the space was tried before `trials` were; stopped: by a person; failed: too many trials did. */
  status: z.enum(sweepStatuses),
  startedAt: z.string(),
  /** When it was started or last resumed: its budget of time counts from here. */
  begunAt: z.string(),
  finishedAt: z.string().nullable(),
  /** Why it ended, in words; null while it runs. */
  reason: z.string().nullable(),
  /** The file's pipeline with every default written out, `sweep` included. */
  pipeline: pipelineSchema,
  /** What is searched and how; `parallel` and `trials` change while it runs. */
  parameters: sweepParametersSchema,
  source: artifactRefSchema,
  buildId: z.string(),
  build: artifactRefSchema.nullable(),
  trials: z.array(trialSchema),
  /** Epochs trained by all trials. */
  epochs: z.int().nonnegative(),
  /** Number of the best trial, among those trained longest. */
  best: z.int().positive().nullable(),
  /** The run that tests and registers the winner, once the search is over. */
  winner: z.strictObject({ number: z.int().positive(), execution: z.int().positive(), runId: z.string() }).nullable(),
  error: z.strictObject({ type: z.string(), message: z.string() }).nullable(),
  /** The newest question that was answered, and the answer: asked again, it is not decided again. */
  step: z.int().nonnegative(),
  answer: z.strictObject({ orders: z.array(trainingOrderSchema), isOver: z.boolean() }),
});
export type SweepRecord = z.infer<typeof sweepRecordSchema>;
