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
    rotation: z.number().min(0).max(180).default(0).describe("degrees; drawn from ±rotation"),
    shift: shiftSchema
      .default(0)
      .describe("of height and width: a share if below 1, else pixels, drawn from ±shift; or a list to choose from"),
    widthShift: shiftSchema.optional().describe("in place of shift, to the left and right"),
    heightShift: shiftSchema.optional().describe("in place of shift, up and down"),
    shear: z.number().min(0).max(89).default(0).describe("degrees; drawn from ±shear"),
    zoom: z
      .union([z.number().min(0).max(0.95), z.tuple([z.number().positive(), z.number().positive()])])
      .default(0)
      .describe("factors for height and width drawn from 1 ± zoom or between two, each on its own; below 1 magnifies"),
    flip: z.enum(["none", "horizontal", "vertical", "both"]).default("none").describe("each with probability one half"),
    channelShift: z
      .number()
      .nonnegative()
      .optional()
      .describe("added to all channels, drawn from ±channelShift; kept between the image's own least and largest value"),
    brightness: factorSchema.optional().describe("factor of all values, drawn from 1 ± brightness or between two"),
    contrast: factorSchema.optional().describe("factor of the distance to each channel's mean, likewise"),
    saturation: factorSchema.optional().describe("factor of the saturation, likewise; of images with three channels"),
    hue: z
      .number()
      .min(0)
      .max(0.5)
      .optional()
      .describe("share of the color circle, drawn from ±hue; of images with three channels"),
    noise: z.number().min(0).max(1).optional().describe("standard deviation of Gaussian noise, a share of the full scale"),
    cutout: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe("share of height and width of a window somewhere in the image that is filled with cval"),
    mixUp: z
      .number()
      .positive()
      .max(100)
      .optional()
      .describe("α of the Beta(α, α) that says how much of another training image is mixed in; the loss mixes their labels"),
    cutMix: z
      .number()
      .positive()
      .max(100)
      .optional()
      .describe(
        "α of the Beta(α, α) that says how much of another training image is pasted in; with mixUp one of the two, evenly",
      ),
    fillMode: z.enum(["nearest", "reflect", "constant", "wrap"]).default("nearest").describe("what stands outside the image"),
    cval: z.number().nonnegative().optional().describe("value outside the image with constant, and in a cutout (0)"),
    interpolation: z.enum(["bilinear", "nearest"]).optional().describe("between pixels that are moved (bilinear)"),
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
