import { z } from "zod";

const shiftSchema = z.union([z.number().nonnegative(), z.array(z.number()).min(1)]);
const factorSchema = z.union([
  z.number().min(0).max(1),
  z
    .tuple([z.number().nonnegative(), z.number().nonnegative()])
    .refine(([least, most]) => least <= most, "the first must not be larger than the second"),
]);
export type Shift = z.infer<typeof shiftSchema>;
/** A distance from 1, or the two ends. */
export type Factor = z.infer<typeof factorSchema>;

/**
 * What may be drawn for each training image in each epoch, in the documented meaning of Keras' `ImageDataGenerator` where it has the same.
 * Draws are even within their ranges. Everything happens before normalization, in units of the stored integers.
 */
export const augmentParametersSchema = z
  .strictObject({
    rotation: z.number().min(0).max(180).default(0).describe("angle in degrees, drawn from ±rotation"),
    shift: shiftSchema
      .default(0)
      .describe("shift of height and width: a share if below 1, else pixels, drawn from ±shift; or a list to choose from"),
    widthShift: shiftSchema.optional().describe("instead of shift, to the left and right"),
    heightShift: shiftSchema.optional().describe("instead of shift, up and down"),
    shear: z.number().min(0).max(89).default(0).describe("angle in degrees, drawn from ±shear"),
    zoom: z
      .union([z.number().min(0).max(0.95), z.tuple([z.number().positive(), z.number().positive()])])
      .default(0)
      .describe("factors for height and width, drawn independently from 1 ± zoom or between two values; below 1 magnifies"),
    flip: z
      .enum(["none", "horizontal", "vertical", "both"])
      .default("none")
      .describe("mirrors the image, in each direction with probability one half"),
    channelShift: z
      .number()
      .nonnegative()
      .optional()
      .describe("added to all channels, drawn from ±channelShift; values stay between the image's own smallest and largest"),
    brightness: factorSchema.optional().describe("factor of all values, drawn from 1 ± brightness or between two values"),
    contrast: factorSchema.optional().describe("factor of the distance to each channel's mean, drawn likewise"),
    saturation: factorSchema.optional().describe("factor of the saturation, drawn likewise; only for images with three channels"),
    hue: z
      .number()
      .min(0)
      .max(0.5)
      .optional()
      .describe("rotation of the color circle, as a share of it, drawn from ±hue; only for images with three channels"),
    noise: z.number().min(0).max(1).optional().describe("standard deviation of Gaussian noise, as a share of the full scale"),
    cutout: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe("size of a window at a random place that is filled with cval, as a share of height and width"),
    mixUp: z
      .number()
      .positive()
      .max(100)
      .optional()
      .describe(
        "α of the Beta(α, α) from which is drawn how much of another training image is mixed in; the loss mixes their labels",
      ),
    cutMix: z
      .number()
      .positive()
      .max(100)
      .optional()
      .describe(
        "α of the Beta(α, α) from which is drawn how much of another training image is pasted in; with mixUp as well, one of the two at even odds",
      ),
    fillMode: z
      .enum(["nearest", "reflect", "constant", "wrap"])
      .default("nearest")
      .describe("what fills the area outside the image"),
    cval: z.number().nonnegative().optional().describe("value outside the image with `fillMode: constant`, and in a cutout (0)"),
    interpolation: z
      .enum(["bilinear", "nearest"])
      .optional()
      .describe("how pixels are interpolated when the image is moved (bilinear)"),
    kerasCompat: z
      .boolean()
      .optional()
      .describe("refuse fill modes whose pixels differ from Keras': constant and wrap, which are TensorFlow's"),
  })
  .refine(({ kerasCompat, fillMode }) => kerasCompat !== true || fillMode === "nearest" || fillMode === "reflect", {
    path: ["fillMode"],
    message: "must be nearest or reflect with augment.kerasCompat: TensorFlow's constant and wrap give other pixels than Keras'",
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
