import { z } from "zod";

const activations = ["relu", "tanh", "sigmoid", "softmax", "elu", "selu", "linear"] as const;
const size = z.int().positive();
const dropoutRate = z.number().min(0).lt(1);
const common = { dropout: dropoutRate.optional(), name: z.string().optional() };

const layerSchema = z.union([
  z.enum(["flatten", "batchNorm"]),
  z.strictObject({
    conv: size.describe("filters"),
    kernel: size.default(3),
    stride: size.default(1),
    padding: z.enum(["same", "valid"]).default("same"),
    activation: z.enum(activations).default("relu"),
    repeat: size.default(1),
    l2: z.number().nonnegative().default(0),
    ...common,
  }),
  z.strictObject({
    pool: z.enum(["max", "average", "sum", "globalMax", "globalAverage"]),
    size: size.default(2),
    stride: size.optional(),
    padding: z.enum(["same", "valid"]).default("valid"),
    ...common,
  }),
  z.strictObject({
    dense: size.describe("units"),
    activation: z.enum(activations).default("relu"),
    l2: z.number().nonnegative().default(0),
    ...common,
  }),
  z.strictObject({ dropout: dropoutRate, name: z.string().optional() }),
  z.strictObject({ output: z.enum(["softmax", "sigmoid"]).describe("the head; its units follow from the classes") }),
]);

/** The layers of a model, from the first after the input to the last; a head is added where none is written. */
export const modelParametersSchema = z.array(layerSchema).min(1);
export type ModelParameters = z.infer<typeof modelParametersSchema>;
export type LayerParameters = ModelParameters[number];
