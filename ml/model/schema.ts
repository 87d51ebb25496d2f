import { z } from "zod";

export const activations = ["relu", "tanh", "sigmoid", "softmax", "elu", "selu", "linear"] as const;
export const architectureNames = [
  "convnet",
  "lenet5",
  "alexnet",
  "vgg16",
  "vgg19",
  "googlenet",
  "inceptionv3",
  "resnet18",
  "resnet34",
  "resnet50",
] as const;
const size = z.int().positive();
const dropoutRate = z.number().min(0).lt(1);
const name = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]*$/, "letters, digits and underscores")
  .optional()
  .describe("instead of Keras' own numbering: conv2d, conv2d_1 …");
const dropout = dropoutRate.optional().describe("share of values set to zero after this layer, in training only");

const penalties = {
  l1: z.number().nonnegative().optional().describe("factor of the sum of the kernel weights' sizes in the loss"),
  l2: z.number().nonnegative().default(0).describe("factor of the sum of squared kernel weights in the loss"),
};

/** What all kinds of convolution take. */
const convolutional = {
  kernel: z
    .union([size, z.tuple([size, size])])
    .default(3)
    .describe("pixels of a square, or rows and columns"),
  stride: size.default(1),
  padding: z.enum(["same", "valid"]).default("same"),
  activation: z.enum(activations).default("relu"),
  batchNorm: z.boolean().default(false).describe("batch normalization between convolution and activation"),
  repeat: size.default(1),
  ...penalties,
  dropout,
  name,
};

const layerSchema = z.union([
  z.enum(["flatten", "batchNorm"]),
  z.strictObject({ conv: size.describe("filters"), ...convolutional }),
  z.strictObject({ depthwise: size.describe("filters for each channel, which see only that channel"), ...convolutional }),
  z.strictObject({ separable: size.describe("filters: a depthwise convolution, then one of 1×1"), ...convolutional }),
  z.strictObject({
    transposed: size.describe("filters of a convolution that enlarges by its stride"),
    ...convolutional,
    stride: size.default(2),
  }),
  z.strictObject({
    pool: z.enum(["max", "average", "sum", "globalMax", "globalAverage"]),
    size: size.default(2),
    stride: size.optional().describe("the size where absent"),
    padding: z.enum(["same", "valid"]).default("valid"),
    dropout,
    name,
  }),
  z.strictObject({
    dense: size.describe("units"),
    activation: z.enum(activations).default("relu"),
    ...penalties,
    dropout,
    name,
  }),
  z.strictObject({
    residual: size.describe("filters of a residual block: two normalized 3×3 convolutions added to what they were given"),
    stride: size.default(1).describe("of the first of the blocks"),
    bottleneck: z.boolean().default(false).describe("1×1, 3×3 and 1×1 with four times the filters instead"),
    repeat: size.default(1),
    dropout,
    name,
  }),
  z.strictObject({
    inception: z
      .tuple([size, size, size, size, size, size])
      .describe("filters of an inception block: 1×1; 1×1 then 3×3; 1×1 then 5×5; pool then 1×1"),
    dropout,
  }),
  z.strictObject({ upsample: size.describe("each pixel is repeated so often, down and across"), name }),
  z.strictObject({ reshape: z.array(size).min(1).max(3).describe("the new shape: height, width, channels, or less"), name }),
  z.strictObject({ activation: z.enum(activations), name }),
  z.strictObject({ dropout: dropoutRate, name }),
  z.strictObject({
    architecture: z.enum(architectureNames).describe("a published network up to its head"),
    top: z.boolean().default(true).describe("with its own dense layers or pool after the features"),
  }),
  z.strictObject({ output: z.enum(["softmax", "sigmoid"]).describe("the head; its units follow from the classes") }),
]);

/** The layers of a model, from the first after the input to the last; a head is added where none is written. */
export const layersSchema = z.array(layerSchema).min(1);
export type Layers = z.infer<typeof layersSchema>;
export type LayerParameters = Layers[number];
