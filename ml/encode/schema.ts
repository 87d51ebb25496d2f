import { z } from "zod";

export const encodings = ["auto", "one-hot", "integer", "binary"] as const;

export const encodeParametersSchema = z.union([
  z.enum(encodings).transform((encoding) => ({ encoding })),
  z.strictObject({ encoding: z.enum(encodings) }),
]);
export type EncodeParameters = z.infer<typeof encodeParametersSchema>;

/** How labels become targets: one-hot [classes], an integer code, or one number 0/1 (two classes). */
export const encoderSchema = z.strictObject({
  formatVersion: z.literal(1),
  encoding: z.enum(["one-hot", "integer", "binary"]),
  /** Class names in code order; recorded in the model's signature. */
  classes: z.array(z.string()),
  /** Training rows of each class, for class weights. */
  trainCounts: z.array(z.int()),
});
export type Encoder = z.infer<typeof encoderSchema>;
