import { z } from "zod";

import { modelParametersSchema } from "../model/transfer/schema.ts";

/** The `model` artifact: how the network is built, and what each stretch of the weights' bytes is. */
export const modelFileSchema = z.strictObject({
  formatVersion: z.literal(1),
  input: z.strictObject({
    height: z.int().positive(),
    width: z.int().positive(),
    channels: z.int().positive(),
    dtype: z.enum(["uint8", "uint16"]),
  }),
  layers: modelParametersSchema,
  /** How the logits become probabilities. */
  head: z.enum(["softmax", "sigmoid"]),
  outputs: z.int().positive(),
  classes: z.array(z.string()),
  /** In byte order; float32 little-endian, nothing between them. */
  weights: z.array(z.strictObject({ name: z.string(), shape: z.array(z.int().nonnegative()), trainable: z.boolean() })),
  /** Rows of the one batch shape that outputs are computed in. */
  evaluationBatchSize: z.int().positive(),
  summary: z.strictObject({
    layers: z.array(
      z.strictObject({ name: z.string(), type: z.string(), outputShape: z.array(z.int()), parameterCount: z.int() }),
    ),
    parameterCount: z.int(),
    trainableCount: z.int(),
    nonTrainableCount: z.int(),
  }),
});
export type ModelFile = z.infer<typeof modelFileSchema>;
