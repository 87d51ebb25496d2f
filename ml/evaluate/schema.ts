import { z } from "zod";

export const calibrationMethods = ["none", "temperature", "prior"] as const;

export const evaluateParametersSchema = z.strictObject({
  bootstrapDraws: z.int().min(0).max(100_000).default(2000).describe("seeded bootstrap draws for the 95 % intervals; 0 = none"),
  worstMistakes: z.int().min(0).max(200).default(24).describe("most confident mistakes shown as pictures"),
  gradCam: z
    .boolean()
    .default(true)
    .describe("beside each of them where the network sees what it answers (Grad-CAM); needs a layer that keeps places"),
  calibration: z
    .enum(calibrationMethods)
    .default("none")
    .describe(
      "what corrects probabilities, fitted on validation and part of the model: temperature scaling, or prior, which takes class weights and other class shares in training out again",
    ),
  slices: z
    .array(z.string().min(1))
    .optional()
    .describe("columns by whose values the report scores the test part; default: all with few values"),
  threshold: z
    .union([z.number().gt(0).lt(1), z.literal("youden"), z.strictObject({ sensitivity: z.number().gt(0).max(1) })])
    .default(0.5)
    .describe(
      "two classes: probability from which on the second is answered; youden or a wanted sensitivity is found on validation, which must hold images of both",
    ),
});
export type EvaluateParameters = z.infer<typeof evaluateParametersSchema>;

/** A class' logit becomes `logit / temperature + offset` before logits become probabilities. */
export const logitCorrectionSchema = z.strictObject({
  method: z.enum(calibrationMethods).exclude(["none"]),
  temperature: z.number().positive(),
  /** By class code. */
  offsets: z.array(z.number()),
});
export type LogitCorrection = z.infer<typeof logitCorrectionSchema>;

const reliabilitySchema = z.strictObject({
  /** Expected calibration error of the top label, 15 equal bins. */
  ece: z.number(),
  nll: z.number(),
  brier: z.number(),
  bins: z.array(z.strictObject({ confidence: z.number().nullable(), accuracy: z.number().nullable(), count: z.int() })),
});
export type Reliability = z.infer<typeof reliabilitySchema>;

const interval = z.tuple([z.number(), z.number()]).nullable();

/** Scores of one class; null where it has no samples (shown as a dash, left out of macro means). */
export const classScoreSchema = z.strictObject({
  class: z.string(),
  support: z.int(),
  predicted: z.int(),
  precision: z.number().nullable(),
  recall: z.number().nullable(),
  f1: z.number().nullable(),
  /** Share of this class' samples predicted otherwise. */
  error: z.number().nullable(),
  errorInterval: interval,
  /** Share of the other classes' samples not predicted as this one. */
  specificity: z.number().nullable(),
  /** Share of samples not predicted as this class that are not of it. */
  negativePredictiveValue: z.number().nullable(),
  /** One-versus-rest area under the ROC curve, midranks for ties. */
  auc: z.number().nullable(),
  averagePrecision: z.number().nullable(),
});
export type ClassScore = z.infer<typeof classScoreSchema>;

/** Everything evaluate measures on one part. */
export const evaluationSchema = z.strictObject({
  formatVersion: z.literal(1),
  rowCount: z.int(),
  classes: z.array(z.string()),
  loss: z.number(),
  accuracy: z.number(),
  balancedAccuracy: z.number(),
  macroF1: z.number(),
  /** Multiclass: macro one-versus-rest; binary: the positive class' score. */
  auc: z.number().nullable(),
  averagePrecision: z.number().nullable(),
  /** Share of the largest class: what always answering it would score. */
  majorityBaseline: z.number(),
  /** Classes without samples, left out of the macro means. */
  classesWithoutSamples: z.int(),
  /** 95 % intervals by name of the metric above. */
  intervals: z.record(z.string(), interval),
  /** What the intervals come from: how many draws, of how many rows or groups. */
  bootstrap: z.strictObject({ draws: z.int(), units: z.int(), grouped: z.boolean() }),
  /** `confusion[truth][predicted]`, counts. */
  confusion: z.array(z.array(z.int())),
  perClass: z.array(classScoreSchema),
  calibration: reliabilitySchema,
  /** How the probabilities behind all of this were corrected, and what they were worth before; absent where they were not. */
  corrected: z.strictObject({ by: logitCorrectionSchema, before: reliabilitySchema }).optional(),
  /** ROC and precision-recall curves by class, at most 200 points each. */
  curves: z.array(
    z.strictObject({
      class: z.string(),
      roc: z.array(z.tuple([z.number(), z.number()])),
      pr: z.array(z.tuple([z.number(), z.number()])),
    }),
  ),
  /** Rows with the most confident wrong answers, worst first. */
  worstMistakes: z.array(z.strictObject({ row: z.int(), truth: z.int(), predicted: z.int(), probability: z.number() })),
  /** Binary: the threshold used; null for more classes. */
  threshold: z.number().nullable(),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

/** The metrics that a cross-validation gives of each fold. */
export const crossValidated = ["accuracy", "balancedAccuracy", "macroF1", "auc", "averagePrecision", "loss"] as const;

const crossValidationSchema = z.strictObject({
  folds: z.array(
    z.strictObject({
      rows: z.int(),
      accuracy: z.number().nullable(),
      balancedAccuracy: z.number().nullable(),
      macroF1: z.number().nullable(),
      auc: z.number().nullable(),
      averagePrecision: z.number().nullable(),
      loss: z.number().nullable(),
    }),
  ),
  metrics: z.array(
    z.strictObject({
      name: z.enum(crossValidated),
      mean: z.number().nullable(),
      /** Sample standard deviation between folds. */
      sd: z.number().nullable(),
      /** Of all out-of-fold answers together, with its 95 % interval. */
      pooled: z.number().nullable(),
      interval,
    }),
  ),
});
export type CrossValidation = z.infer<typeof crossValidationSchema>;

/** The metrics artifact that evaluate hands on: every part, as `convoy show RUN --stage evaluate --json` prints it. */
export const metricsSchema = z.strictObject({
  formatVersion: z.literal(1),
  /** Running means over the last epoch, as Keras prints them. */
  train: z.strictObject({ loss: z.number(), accuracy: z.number() }),
  /** A clean pass over the training part with the kept weights. */
  trainEval: z.strictObject({ loss: z.number(), accuracy: z.number() }),
  validation: evaluationSchema.nullable(),
  test: evaluationSchema,
  /** Absent where the pipeline asks for no folds. */
  crossValidation: crossValidationSchema.optional(),
});
export type Metrics = z.infer<typeof metricsSchema>;
