import { z } from "zod";

import { moduleSchema } from "../module/schema.ts";

export const optimizerNames = ["sgd", "momentum", "rmsprop", "adam", "adamw", "adagrad", "adadelta"] as const;
export const lossNames = ["crossEntropy", "focal"] as const;
export const monitors = ["loss", "accuracy", "balancedAccuracy", "auc"] as const;

const perEpochs = (what: string) => z.number().positive().describe(what);

/** How the learning rate changes. `exponential` and `cosine` change it with each step, `step` and `plateau` between epochs. */
const scheduleSchema = z
  .strictObject({
    name: z
      .enum(["constant", "step", "exponential", "cosine", "plateau"])
      .default("constant")
      .describe("how the learning rate changes, as in Keras"),
    warmupEpochs: z.number().nonnegative().optional().describe("over how many epochs the rate first rises linearly from 0 (0)"),
    factor: z
      .number()
      .gt(0)
      .lt(1)
      .optional()
      .describe("by what the rate is multiplied: after each `epochs` epochs (step 0.1, exponential 0.96), or on a plateau (0.1)"),
    epochs: perEpochs(
      "length of one decay (step 10, exponential 1), or of the whole cosine (train.epochs), in epochs",
    ).optional(),
    final: z.number().min(0).max(1).optional().describe("share of the rate at which a cosine ends (0)"),
    patience: z.int().positive().optional().describe("after how many epochs without a better monitor the rate is reduced (10)"),
    minDelta: z.number().nonnegative().optional().describe("smaller changes are no improvement (1e-4)"),
    cooldown: z.int().nonnegative().optional().describe("epochs after a reduction that are not counted (0)"),
    minimum: z.number().nonnegative().optional().describe("the rate is never reduced below this (0)"),
  })
  .describe("how the learning rate changes, as in Keras; constant where absent");
export type Schedule = z.infer<typeof scheduleSchema>;

const lossSchema = z
  .strictObject({
    name: z.enum(lossNames).default("crossEntropy"),
    labelSmoothing: z.number().min(0).lt(1).optional().describe("share of each label spread evenly over the classes (0)"),
    gamma: z.number().nonnegative().optional().describe("of focal: how little easy images count (2)"),
    alpha: z
      .number()
      .positive()
      .optional()
      .describe("of focal: factor (0.25); with one output the positive class' share (none), as in Keras"),
  })
  .describe("what training minimizes; cross-entropy where absent");
export type LossParameters = z.infer<typeof lossSchema>;

/** What epochs, and the trials of a sweep, are judged by. */
export const monitorSchema = z.union([
  z.enum(monitors),
  z.strictObject({
    metric: z.string().min(1).describe("a number that one of train.callbacks returns"),
    mode: z.enum(["min", "max"]).describe("whether smaller or larger is better"),
  }),
]);

const fineTuningSchema = z
  .strictObject({
    after: z.int().min(1).describe("for how many epochs the whole base is frozen first"),
    learningRate: z.number().positive().describe("learning rate from then on; should be far smaller than before"),
    unfreeze: z
      .union([z.literal("all"), z.int().min(1)])
      .default("all")
      .describe("how many of the base's last layers with weights are trained; its batch normalization never is"),
  })
  .describe("train a part of model.base too, with a new optimizer; early stopping counts from there");
export type FineTuning = z.infer<typeof fineTuningSchema>;

export const trainParametersSchema = z.strictObject({
  epochs: z.int().min(1).max(100_000).default(10).describe("passes over the training part"),
  maxMinutes: z
    .number()
    .positive()
    .optional()
    .describe("training ends with the first epoch that ends after this many minutes; a reproduction ends with the same epoch"),
  seed: z
    .int()
    .min(0)
    .max(4_294_967_295)
    .optional()
    .describe(
      "seed of weights, dropout, order and augmentation only: changes the training, but not the split (default: the run's seed)",
    ),
  batchSize: z.int().min(1).max(65_536).default(32).describe("images per step"),
  optimizer: z
    .strictObject({
      name: z.enum(optimizerNames).default("adam").describe("the optimizer, as Keras has it"),
      learningRate: z.number().positive().optional().describe("default: that of the optimizer in Keras"),
      momentum: z.number().min(0).max(1).optional().describe("of sgd (default 0), momentum (0.9) and rmsprop (0)"),
      nesterov: z.boolean().optional().describe("of sgd and momentum: Nesterov momentum"),
      rho: z.number().min(0).lt(1).optional().describe("decay of rmsprop (0.9) and adadelta (0.95)"),
      centered: z.boolean().optional().describe("of rmsprop: normalize by the gradients' estimated variance"),
      beta1: z.number().min(0).lt(1).optional().describe("of adam and adamw (0.9)"),
      beta2: z.number().min(0).lt(1).optional().describe("of adam and adamw (0.999)"),
      amsgrad: z.boolean().optional().describe("of adam and adamw: use the largest second moment so far"),
      epsilon: z.number().positive().optional().describe("added to divisors, against division by zero (1e-7)"),
      initialAccumulator: z.number().nonnegative().optional().describe("of adagrad (0.1)"),
      weightDecay: z
        .number()
        .nonnegative()
        .optional()
        .describe("share of each weight, times the learning rate, that is subtracted in each step (adamw 0.004)"),
      clipNorm: z.number().positive().optional().describe("largest global gradient norm"),
      clipVariableNorm: z.number().positive().optional().describe("largest norm of each variable's gradient"),
      clipValue: z.number().positive().optional().describe("largest absolute value in a gradient"),
    })
    .prefault({}),
  schedule: scheduleSchema.optional(),
  fineTune: fineTuningSchema.optional(),
  loss: z
    .union([lossSchema, moduleSchema])
    .optional()
    .describe("what training minimizes: crossEntropy (default), focal, or a module of your own"),
  callbacks: z.array(moduleSchema).optional().describe("modules of your own that are called at each epoch: [./my-callback.ts]"),
  classWeights: z
    .union([z.enum(["none", "balanced", "sqrt"]), z.record(z.string(), z.number().nonnegative())])
    .default("none")
    .describe("how much each class counts in the loss: equally, by its frequency, or as given by class name"),
  monitor: monitorSchema
    .optional()
    .describe(
      "validation metric that picks the best epoch (loss; balancedAccuracy with class weights, or where a class has over 5 times the training images of another)",
    ),
  restoreBest: z.boolean().default(true).describe("end with the best epoch's weights, if there is a validation part"),
  earlyStopping: z
    .strictObject({
      patience: z.int().min(1).describe("after how many epochs without a better monitor training stops"),
      minDelta: z.number().nonnegative().optional().describe("smaller changes are no improvement (0)"),
      startFromEpoch: z.int().positive().optional().describe("the first epoch that is counted (1)"),
    })
    .optional()
    .describe("stop after so many epochs without a better monitor"),
  engine: z
    .enum(["auto", "graph", "eager"])
    .default("auto")
    .describe("auto: a compiled graph where possible, else op by op; graph or eager: only that"),
  checkpointMinutes: z
    .number()
    .positive()
    .optional()
    .describe("also store a checkpoint within epochs, each time this many minutes have passed"),
  keepCheckpoints: z.int().min(1).default(2).describe("how many of the newest checkpoints are kept, besides the best"),
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
  /** Every validation image was answered with the same class, though there are several. */
  oneClass: z.literal(true).optional(),
  /** What callbacks gave. */
  metrics: z.record(z.string(), z.number()).optional(),
});
export type EpochRecord = z.infer<typeof epochRecordSchema>;

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
