import { z } from "zod";

import { monitorSchema } from "../train/schema.ts";

export const algorithms = ["grid", "random", "sobol", "tpe", "gp"] as const;
export type Algorithm = (typeof algorithms)[number];
export const pruners = ["none", "asha", "successiveHalving", "hyperband", "median"] as const;

const range = z.tuple([z.number(), z.number()]).refine(([low, high]) => low <= high, "is [lowest, highest]");
const when = z
  .record(z.string(), z.union([z.json(), z.array(z.json()).min(1)]))
  .optional()
  .describe("only where other keys of the space have these values: { train.optimizer.name: [sgd, momentum] }");
const log = z.boolean().default(false).describe("even on a logarithmic scale");
const isLogPositive = ({ log: isLog, low }: { log: boolean; low: number }) => !isLog || low > 0;

/** What one key of the pipeline file may be: a list of values, or a range. */
export const dimensionSchema = z.union([
  z
    .array(z.json())
    .min(1)
    .transform((choice) => ({ choice })),
  z.strictObject({ choice: z.array(z.json()).min(1).describe("any of these values"), when }),
  z
    .strictObject({
      int: range.describe("whole numbers from the first to the second"),
      step: z.int().positive().default(1).describe("the lowest plus multiples of this"),
      log,
      when,
    })
    .refine(
      ({ int: [low, high] }) => Number.isInteger(low) && Number.isInteger(high),
      "int is [lowest, highest] in whole numbers",
    )
    .refine(({ int: [low], log: isLog }) => isLogPositive({ log: isLog, low }), "a logarithmic scale begins above 0")
    .refine(({ step, log: isLog }) => !isLog || step === 1, "step and log exclude each other"),
  z
    .strictObject({
      float: range.describe("numbers from the first to the second"),
      step: z.number().positive().optional().describe("the lowest plus multiples of this; any number where absent"),
      log,
      when,
    })
    .refine(({ float: [low], log: isLog }) => isLogPositive({ log: isLog, low }), "a logarithmic scale begins above 0")
    .refine(({ step, log: isLog }) => step === undefined || !isLog, "step and log exclude each other"),
]);
export type Dimension = z.infer<typeof dimensionSchema>;

/** What is searched, by key of the pipeline file as `--set` has them. */
export const spaceSchema = z.record(z.string(), dimensionSchema).refine((space) => Object.keys(space).length > 0, "has no key");
export type Space = z.infer<typeof spaceSchema>;

const pruneSchema = z
  .strictObject({
    name: z
      .enum(pruners)
      .default("none")
      .describe(
        "which trials are trained on: none: all, to their end; asha, successiveHalving, hyperband: the best of each rung; median: those better than the median",
      ),
    minEpochs: z.int().positive().default(1).describe("epochs before a trial is judged for the first time"),
    factor: z.int().min(2).default(3).describe("one trial in this many reaches the next rung, which is this many times as long"),
    interval: z.int().positive().optional().describe("of median: epochs between judgements (a tenth of train.epochs)"),
    startupTrials: z.int().nonnegative().default(5).describe("of median: how many trials must be done before one is pruned"),
  })
  .describe("which trials end before their last epoch");
export type PruneParameters = z.infer<typeof pruneSchema>;

/** The part of a pipeline file that `convoy sweep` reads; `convoy run` of the same file uses its other values as they stand. */
export const sweepParametersSchema = z
  .strictObject({
    algorithm: z
      .enum(algorithms)
      .default("tpe")
      .describe(
        "how values are suggested; tpe and gp (Bayesian, with a Gaussian process) learn from earlier trials, the others do not",
      ),
    space: spaceSchema.describe(
      "what is searched, by key as in `--set`: a list of values, or { int | float: [low, high], step, log, when }",
    ),
    objective: monitorSchema
      .optional()
      .describe("the validation metric that is optimized; it also picks each training's best epoch (train.monitor)"),
    trials: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe(
        "how many points are tried (20; for a grid all of its points; for hyperband one round of its brackets, or as many rounds as this needs)",
      ),
    executionsPerTrial: z
      .int()
      .min(1)
      .max(100)
      .default(1)
      .describe("how often each point is trained, each time with another seed; its value is the mean"),
    parallel: z
      .int()
      .min(1)
      .max(500)
      .default(1)
      .describe("how many trainings run at the same time; `convoy sweep set ID --parallel N` changes it"),
    prune: z
      .union([z.enum(pruners).transform((name) => pruneSchema.parse({ name })), pruneSchema])
      .prefault("none")
      .describe("which trials end before their last epoch"),
    budget: z
      .strictObject({
        epochs: z.int().positive().optional().describe("how many epochs all trials together may train"),
        minutes: z.number().positive().optional().describe("how long the sweep may take, in minutes since it began"),
      })
      .prefault({})
      .describe("no training is begun once this is used up"),
    retries: z
      .int()
      .nonnegative()
      .default(1)
      .describe(
        "how often a failed training is tried again, from its checkpoint; not where it would only fail again (it diverged, values are wrong, a module throws)",
      ),
    maxFailures: z.int().positive().default(3).describe("after how many failed trials in a row the sweep ends"),
  })
  .describe("what `convoy sweep` searches; not read by `convoy run`");
export type SweepParameters = z.infer<typeof sweepParametersSchema>;

/** Values by key, those only whose condition holds. */
export const pointSchema = z.record(z.string(), z.json());
export type Point = z.infer<typeof pointSchema>;
export type Json = z.infer<ReturnType<typeof z.json>>;

export const executionStatuses = ["waiting", "running", "done", "failed", "cancelled"] as const;

/** One training of a trial. It goes from rung to rung as the same run. */
export const executionSchema = z.strictObject({
  /** Null for the run's own seed. */
  seed: z.int().nullable(),
  runId: z.string(),
  status: z.enum(executionStatuses),
  /** Of the weights it would hand on, at the newest rung; null before the first. */
  value: z.number().nullable(),
  /** Epochs trained. */
  epochs: z.int().nonnegative(),
  /** Times it was begun, or gone on with, at this rung. */
  attempts: z.int().nonnegative(),
  error: z.strictObject({ type: z.string(), message: z.string() }).nullable(),
});
export type Execution = z.infer<typeof executionSchema>;

export const trialStatuses = ["running", "paused", "done", "pruned", "failed", "cancelled"] as const;

/** Why a point was suggested: words, and the numbers that the algorithm decided by. */
export const explanationSchema = z.strictObject({ text: z.string(), numbers: z.record(z.string(), z.json()) });
export type Explanation = z.infer<typeof explanationSchema>;

export const trialSchema = z.strictObject({
  /** 1 for the first. */
  number: z.int().positive(),
  /** paused: trained to a rung, and may go on; pruned: will not; failed: has no value; cancelled: the sweep was stopped meanwhile. */
  status: z.enum(trialStatuses),
  parameters: pointSchema,
  /** Mean over its executions at the newest rung that all of them reached. */
  value: z.number().nullable(),
  /** Sample standard deviation; null for one execution. */
  deviation: z.number().nullable(),
  /** Epoch of the rung it is being trained to, or was. */
  untilEpoch: z.int().positive(),
  /** The rungs it reached. */
  rungs: z.array(z.strictObject({ epoch: z.int().positive(), value: z.number() })),
  /** Of hyperband. */
  bracket: z.int().nonnegative().optional(),
  executions: z.array(executionSchema),
  explanation: explanationSchema,
});
export type Trial = z.infer<typeof trialSchema>;
