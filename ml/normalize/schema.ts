import { z } from "zod";

export const normalizeMethods = ["none", "rescale", "channel", "pixel", "samplewise", "min-max"] as const;

export const normalizeParametersSchema = z.union([
  z.enum(normalizeMethods).transform((method) => ({ method })),
  z.strictObject({ method: z.enum(normalizeMethods) }),
]);
export type NormalizeParameters = z.infer<typeof normalizeParametersSchema>;

/**
 * How stored integers become the network's input: `(value - offset) * scale`, elementwise; `samplewise` instead takes mean and standard
 * deviation of each image (after dividing by the dtype's largest value). Fit on training rows only.
 */
export const normalizerSchema = z.strictObject({
  formatVersion: z.literal(1),
  method: z.enum(normalizeMethods),
  /** Length 1 (all), channels, or height × width × channels, in units of the stored integers. */
  offset: z.array(z.number()),
  scale: z.array(z.number()),
  /** Rows it was fit on. */
  rowCount: z.int(),
});
export type Normalizer = z.infer<typeof normalizerSchema>;
