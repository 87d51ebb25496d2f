import { z } from "zod";

import { artifactRefSchema } from "../artifact.ts";
import { encoderSchema } from "../encode/schema.ts";
import { logitCorrectionSchema } from "../evaluate/schema.ts";
import { modelFileSchema } from "../model-file/schema.ts";
import { normalizerSchema } from "../normalize/schema.ts";

/** What a trainer process needs to answer with a registered model for as long as it is asked. */
export const predictJobSchema = z.strictObject({
  kind: z.literal("predict"),
  input: modelFileSchema.shape.input,
  model: modelFileSchema.shape.layers,
  normalizer: normalizerSchema,
  encoder: encoderSchema,
  weights: artifactRefSchema,
  calibration: logitCorrectionSchema.optional(),
  /** Rows of the one batch shape, as the model's signature recorded it. */
  batchSize: z.int().positive(),
});
export type PredictJob = z.infer<typeof predictJobSchema>;

/** Images to be answered together. */
export const predictRequestSchema = z.strictObject({
  type: z.literal("predict"),
  /** Names the answer to it. */
  id: z.int(),
  /** From 1 to the batch size. */
  rows: z.int().positive(),
  /** `[rows, height, width, channels]` in the input's dtype, little-endian. */
  pixels: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
});
export type PredictRequest = z.infer<typeof predictRequestSchema>;

export const predictedSchema = z.strictObject({
  type: z.literal("predicted"),
  id: z.int(),
  /** `[rows, classes]` */
  probabilities: z.custom<Float32Array>((value) => value instanceof Float32Array),
});
