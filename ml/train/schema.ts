import { z } from "zod";

export const optimizerNames = ["sgd", "momentum", "rmsprop", "adam", "adamw", "adagrad", "adadelta"] as const;
export const monitors = ["loss", "accuracy", "balancedAccuracy", "auc"] as const;

export const trainParametersSchema = z.strictObject({
  epochs: z.int().min(1).max(100_000).default(10).describe("passes over the training part"),
  batchSize: z.int().min(1).max(65_536).default(32).describe("images per step"),
  optimizer: z
    .strictObject({
      name: z.enum(optimizerNames).default("adam"),
      learningRate: z.number().positive().optional().describe("Keras' default of the optimizer where absent"),
      momentum: z.number().min(0).max(1).optional(),
      clipNorm: z.number().positive().optional().describe("largest global gradient norm"),
    })
    .prefault({}),
  classWeights: z.enum(["none", "balanced", "sqrt"]).default("none"),
  monitor: z.enum(monitors).default("loss").describe("validation metric that picks the best epoch"),
  restoreBest: z.boolean().default(true).describe("end with the best epoch's weights where there is a validation part"),
  earlyStopping: z
    .strictObject({ patience: z.int().min(1) })
    .optional()
    .describe("stop after so many epochs without a better monitor"),
  engine: z.enum(["auto", "graph", "eager"]).default("auto").describe("compiled graph where possible, or one of the two"),
  checkpointMinutes: z.number().positive().optional().describe("checkpoints within an epoch, every so many minutes"),
  keepCheckpoints: z.int().min(1).default(2).describe("newest checkpoints kept besides the best"),
});
export type TrainParameters = z.infer<typeof trainParametersSchema>;

/** Loss and accuracy of one pass; null where it was not measured. */
export const scoreSchema = z.strictObject({
  loss: z.number(),
  accuracy: z.number(),
  balancedAccuracy: z.number().nullable(),
  auc: z.number().nullable(),
});
export type Score = z.infer<typeof scoreSchema>;

/** Holds no times: the same training has the same history, so what follows is reused when weights had to be made again. */
export const epochRecordSchema = z.strictObject({
  /** 1 for the first. */
  epoch: z.int().positive(),
  /** Running means over the epoch, as Keras prints them. */
  train: z.strictObject({ loss: z.number(), accuracy: z.number() }),
  validation: scoreSchema.nullable(),
  learningRate: z.number(),
});

/** What training hands on besides the weights. */
export const historySchema = z.strictObject({
  formatVersion: z.literal(1),
  epochs: z.array(epochRecordSchema),
  /** Epoch whose weights were kept. */
  bestEpoch: z.int().positive(),
  stoppedEarly: z.boolean(),
  engine: z.enum(["graph", "eager"]),
  /** Clean pass over the training part with the final weights. */
  trainEval: z.strictObject({ loss: z.number(), accuracy: z.number() }),
  /** What changes bits: TensorFlow build, threads, oneDNN, CPU. */
  environment: z.record(z.string(), z.string()),
});
export type History = z.infer<typeof historySchema>;
