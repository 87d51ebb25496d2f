import { z } from "zod";

import { artifactRefSchema } from "../../artifact.ts";
import { partNames } from "../../ingest/schema.ts";

/** What explore stores for whoever looks for wrong labels; the answer is a float32 array, see `out-of-fold.ts`. */
export const labelNoiseTaskSchema = z.strictObject({
  formatVersion: z.literal(1),
  dataset: artifactRefSchema,
  /** npy uint8 [rows] of part codes (ml/split/schema.ts). */
  split: artifactRefSchema,
  seed: z.int(),
});

/** Labels that look wrong, the most so first. */
export const labelNoiseSchema = z.strictObject({
  /** Labels that were looked at, of all parts. */
  asked: z.int().nonnegative(),
  /** How many look wrong; at most the first 1,000 of them are listed. */
  found: z.int().nonnegative(),
  suggestions: z.array(
    z.strictObject({
      row: z.int().nonnegative(),
      id: z.string(),
      part: z.enum(partNames),
      label: z.string(),
      suggested: z.string(),
      /** Probability, out of fold, of the class it is said to be. */
      confidence: z.number(),
    }),
  ),
});
export type LabelNoise = z.infer<typeof labelNoiseSchema>;
