import { z } from "zod";

import { artifactRefSchema } from "../artifact.ts";

export const normalizeMethods = ["none", "rescale", "channel", "pixel", "samplewise", "min-max", "zca"] as const;

/** Methods that divide by a standard deviation. */
const dividing: readonly string[] = ["channel", "pixel", "samplewise"];

export const normalizeParametersSchema = z
  .union([
    z.enum(normalizeMethods).transform((method) => ({ method })),
    z
      .strictObject({
        method: z.enum(normalizeMethods),
        deviation: z
          .boolean()
          .optional()
          .describe("of channel, pixel and samplewise: false takes only the mean off, of values rescaled to 0–1 (true)"),
        epsilon: z
          .number()
          .positive()
          .optional()
          .describe("of zca, as Keras' zca_epsilon: the larger, the less is whitened (1e-6)"),
      })
      .refine(({ method, deviation }) => deviation === undefined || dividing.includes(method), {
        path: ["deviation"],
        message: "stands only with channel, pixel and samplewise, which divide by one",
      })
      .refine(({ method, epsilon }) => epsilon === undefined || method === "zca", {
        path: ["epsilon"],
        message: "stands only with zca",
      }),
  ])
  .describe("how pixels become the network's input, fit on the training part: see normalization.md");

export interface NormalizeParameters {
  method: (typeof normalizeMethods)[number];
  deviation?: boolean | undefined;
  epsilon?: number | undefined;
}

/**
 * How stored integers become the network's input: `(value - offset) * scale`, elementwise; `samplewise` instead takes mean and standard
 * deviation of each image (after dividing by the dtype's largest value); `zca` then multiplies the image, flattened, by a matrix. Fit on
 * training rows only.
 */
export const normalizerSchema = z.strictObject({
  formatVersion: z.literal(1),
  method: z.enum(normalizeMethods),
  /** Length 1 (all), channels, or height × width × channels, in units of the stored integers. */
  offset: z.array(z.number()),
  scale: z.array(z.number()),
  /** Of `samplewise`: whether it divides (true). */
  deviation: z.boolean().optional(),
  /** Of `zca`: npy float32 [values, values], symmetric. Earlier: these values alone, little-endian, in base64. */
  whitening: z.union([artifactRefSchema, z.base64()]).optional(),
  /** Rows it was fit on. */
  rowCount: z.int(),
});
export type Normalizer = z.infer<typeof normalizerSchema>;
