import { z } from "zod";

/**
 * What may be drawn for each training image in each epoch, in Keras' `ImageDataGenerator`'s documented meaning.
 * All zero or "none" = no augmentation.
 */
export const augmentParametersSchema = z.strictObject({
  rotation: z.number().min(0).max(180).default(0).describe("degrees; drawn from ±rotation"),
  shift: z.number().min(0).max(1).default(0).describe("share of height and width; both drawn from ±shift"),
  shear: z.number().min(0).max(89).default(0).describe("degrees; drawn from ±shear"),
  zoom: z.number().min(0).max(0.95).default(0).describe("factors for height and width drawn from 1 ± zoom, each on its own"),
  flip: z.enum(["none", "horizontal", "vertical", "both"]).default("none").describe("each with probability one half"),
  fillMode: z.enum(["nearest", "reflect", "constant", "wrap"]).default("nearest").describe("what stands outside the image"),
});
export type AugmentParameters = z.infer<typeof augmentParametersSchema>;

/** The recipe the augment stage hands on; parameters are drawn from (seed, epoch, sample id) while batches are read. */
export const augmentationSchema = z.strictObject({
  formatVersion: z.literal(1),
  enabled: z.boolean(),
  seed: z.int(),
  parameters: augmentParametersSchema,
});
export type Augmentation = z.infer<typeof augmentationSchema>;
