import { z } from "zod";

import { artifactRefSchema } from "../artifact.ts";
import { pipelineSchema } from "../pipeline.ts";
import { stages } from "../stages.ts";

export const runStatuses = ["running", "waiting", "done", "failed", "cancelled", "terminated"] as const;
export type RunStatus = (typeof runStatuses)[number];

export const stageStatuses = ["pending", "running", "ran", "reused", "failed", "skipped"] as const;
export type StageStatus = (typeof stageStatuses)[number];

const runErrorSchema = z.strictObject({
  /** Class name of the error, e.g. `DatasetRejected`. */
  type: z.string(),
  message: z.string(),
});
export type RunError = z.infer<typeof runErrorSchema>;

/** How far an earlier run got with a training: the epoch of its checkpoint. */
export const earlierTrainingSchema = z.strictObject({ runId: z.string(), epoch: z.int().positive() });
export type EarlierTraining = z.infer<typeof earlierTrainingSchema>;

/** What one stage did in one run. Times are ISO 8601 UTC. */
export const stageRecordSchema = z.strictObject({
  name: z.enum(stages),
  status: z.enum(stageStatuses),
  startedAt: z.string().nullable(),
  /** Wall clock, including waiting for a worker; 0 until it ended. */
  seconds: z.number(),
  attempts: z.int().nonnegative(),
  /** Ledger key and entry of its result. */
  key: z.string().nullable(),
  entry: z.string().nullable(),
  codeHash: z.string().nullable(),
  /** The run that made the reused result. */
  reusedFrom: z.string().nullable(),
  /** How a reused result was found: under its key in the ledger, or in the record of the run that this one retries. */
  reusedBy: z.enum(["ledger", "pin"]).optional(),
  /** Of a training: the earlier run's checkpoint that it goes on from, while it runs as far as is known, then as it was; null where it began anew. */
  continuedFrom: earlierTrainingSchema.nullable().optional(),
  /** What may change bits where it was made: runtime, platform. */
  environment: z.record(z.string(), z.string()).optional(),
  inputs: z.record(z.string(), artifactRefSchema),
  outputs: z.record(z.string(), artifactRefSchema),
  /** A few numbers and words: sizes, metrics. */
  summary: z.record(z.string(), z.json()),
  error: runErrorSchema.nullable(),
});
export type StageRecord = z.infer<typeof stageRecordSchema>;

/** Why a run was started, where it takes up another one. */
const originSchema = z.strictObject({
  kind: z.enum(["retry", "reproduce"]),
  /** The run that is retried or reproduced. */
  runId: z.string(),
  /** Whose build runs: the other run's, or the present one. */
  code: z.enum(["original", "current"]),
  from: z.enum(stages).optional(),
  /** `key=value` each. */
  set: z.array(z.string()),
  /** Stages that were taken from the record although the code of this run's build is another. */
  codeChanged: z.array(z.enum(stages)),
});

/** `runs/<run id>/run.json`: complete enough to do the run again with nothing else. */
export const runRecordSchema = z.strictObject({
  formatVersion: z.literal(1),
  runId: z.string(),
  status: z.enum(runStatuses),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  /** The expanded pipeline: every default written out. */
  pipeline: pipelineSchema,
  /** SourceManifest: the data by hash. */
  source: artifactRefSchema,
  /** The build whose workers ran it, and where its compiled code is kept. */
  buildId: z.string(),
  build: artifactRefSchema.nullable(),
  stages: z.array(stageRecordSchema),
  error: runErrorSchema.nullable(),
  model: z.strictObject({ name: z.string(), version: z.int(), isNew: z.boolean() }).nullable(),
  /** Of a scheduled run: whose, and the time it was meant for (ISO 8601 UTC), however late it began. */
  schedule: z.strictObject({ name: z.string(), scheduledAt: z.string() }).optional(),
  origin: originSchema.optional(),
  /** Of one execution of a sweep's trial: judged by its validation part, it neither explores the data nor is tested nor registered. */
  trial: z.strictObject({ sweepId: z.string(), number: z.int().positive(), execution: z.int().positive() }).optional(),
  /** Where its training ends before the last epoch: at a trial's rung, or where the run that it reproduces ended. */
  untilEpoch: z.int().positive().optional(),
  /** Of a training that is tested on one fold of another run's split: that run. */
  foldOf: z.string().optional(),
  /** The last stage it was asked for; all of them where absent. */
  until: z.enum(stages).optional(),
  /** What operators did while it waited for them: which stages they let go on, and with which values. Times are ISO 8601 UTC. */
  continued: z.array(z.strictObject({ at: z.string(), stages: z.array(z.enum(stages)), set: z.array(z.string()) })).optional(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;

/** Losses and metrics of one part by name; null where it was not measured. */
const metricsSchema = z.record(z.string(), z.json()).nullable();

const runMetricsSchema = z.strictObject({
  /** Running means over the last epoch, as Keras prints them. */
  train: metricsSchema,
  /** A clean pass over the training part. */
  trainEval: metricsSchema,
  validation: metricsSchema,
  test: metricsSchema,
});
export type RunMetrics = z.infer<typeof runMetricsSchema>;

/** A run in a line: what lists show and conditions ask. */
export const runRowSchema = z.strictObject({
  runId: z.string(),
  /** The pipeline's name. */
  pipeline: z.string(),
  status: z.enum(runStatuses),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  /** On the test part. */
  accuracy: z.number().nullable(),
  /** `name:version` that it registered. */
  model: z.string().nullable(),
  metrics: runMetricsSchema,
  /** The expanded pipeline, as it was then: rows are older than today's schema. */
  parameters: z.record(z.string(), z.unknown()),
});
export type RunRow = z.infer<typeof runRowSchema>;

/** `runs-index/<period>.json`: rows of runs that ended in a period, which change no more. */
export const runIndexSchema = z.strictObject({ formatVersion: z.literal(1), rows: z.array(runRowSchema) });

/** `run-notes/<run id>.json`: what people say of a run. */
export const runNotesSchema = z.strictObject({
  formatVersion: z.literal(1),
  tags: z.record(z.string(), z.string()),
  note: z.string(),
});
export type RunNotes = z.infer<typeof runNotesSchema>;

/** Running means over a whole epoch, as Keras prints them. */
export const finishedEpochSchema = z.strictObject({ epoch: z.number(), loss: z.number(), accuracy: z.number() });
export type FinishedEpoch = z.infer<typeof finishedEpochSchema>;

/** What is shown of a stage while it runs; never part of history. */
export const stageProgressSchema = z.strictObject({
  done: z.number(),
  total: z.number(),
  unit: z.string(),
  /** Of training: where it is. */
  epoch: z.number().optional(),
  epochs: z.number().optional(),
  /** Within the epoch. */
  step: z.number().optional(),
  steps: z.number().optional(),
  loss: z.number().nullable().optional(),
  accuracy: z.number().nullable().optional(),
  imagesPerSecond: z.number().nullable().optional(),
  /** The newest of them, so that who looks every few seconds misses none. */
  finishedEpochs: z.array(finishedEpochSchema).max(20).optional(),
  phase: z.string().optional(),
});
export type StageProgress = z.infer<typeof stageProgressSchema>;
