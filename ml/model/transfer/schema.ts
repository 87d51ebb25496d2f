import { z } from "zod";

import { artifactRefSchema } from "../../artifact.ts";
import { moduleSchema } from "../../module/schema.ts";
import { layersSchema } from "../schema.ts";

/** One layer of a network that Keras made, with its settings as Keras writes them. */
const baseLayerSchema = z.strictObject({
  name: z.string(),
  /** Keras' class name: `Conv2D`. */
  type: z.string(),
  config: z.record(z.string(), z.json()),
  /** Names of the layers it is put on; none for the input. */
  inputs: z.array(z.string()),
  /** Shapes of its weights, in Keras' order. */
  weights: z.array(z.array(z.int().nonnegative())),
});
export type BaseLayer = z.infer<typeof baseLayerSchema>;

/** A network that others are built upon; the artifact beside it holds all weights as float32, layer by layer. */
const baseNetworkSchema = z.strictObject({
  formatVersion: z.literal(1),
  channels: z.int().positive(),
  network: z.union([
    /** Layers of a pipeline file, with the weights by name in byte order. */
    z.strictObject({
      layers: layersSchema,
      weights: z.array(z.strictObject({ name: z.string(), shape: z.array(z.int().nonnegative()) })),
    }),
    /** In an order in which each comes after its inputs; the last one's output is the network's. */
    z.strictObject({ graph: z.array(baseLayerSchema).min(1) }),
  ]),
});
export type BaseNetwork = z.infer<typeof baseNetworkSchema>;

/** A SavedModel as TensorFlow wrote it; the artifact beside it holds its files, one after the other. */
const savedModelFilesSchema = z.strictObject({
  formatVersion: z.literal(1),
  savedModel: z
    .array(
      z.strictObject({
        path: z.string().regex(/^(?:saved_model\.pb|(?:variables|assets)\/[^/]+)$/),
        sizeBytes: z.int().nonnegative(),
      }),
    )
    .min(1),
});
export type SavedModelFiles = z.infer<typeof savedModelFilesSchema>;

/** What the first artifact of a stored base holds. */
export const storedNetworkSchema = z.union([baseNetworkSchema, savedModelFilesSchema]);

/** A base in the store. */
export const storedBaseSchema = z.strictObject({
  /** As the pipeline file names it, an alias replaced by its version; for messages and the record. */
  source: z.string(),
  network: artifactRefSchema,
  weights: artifactRefSchema,
});
export type StoredBase = z.infer<typeof storedBaseSchema>;

const baseReferenceSchema = z.union([
  z
    .string()
    .regex(
      /^models:.+$|\.(?:keras|h5|hdf5|json)$|(?:^|\/)saved_model\.pb$/,
      "models:NAME, models:NAME@ALIAS, models:NAME:VERSION, or a .keras, .h5, model.json or saved_model.pb file",
    ),
  storedBaseSchema,
]);

/** A network put on one that was trained before. */
const transferSchema = z.strictObject({
  base: baseReferenceSchema.describe(
    "a trained network without its top, frozen: models:NAME@ALIAS of the registry, or a Keras (.keras, .h5), tfjs (model.json) or TensorFlow (saved_model.pb with its folder) file, relative to this file",
  ),
  until: z
    .string()
    .min(1)
    .optional()
    .describe(
      "name of the base's last layer that is used; default: all but the flatten, dense and dropout layers at its end. Of a SavedModel: name of its output",
    ),
  layers: z.array(layersSchema.element).default([]).describe("what is put on it; a head is added where none is written"),
});
export type Transfer = z.infer<typeof transferSchema>;

/** What `model` may be: layers, a module of the user's own, or layers on a trained base. */
export const modelParametersSchema = z.union([layersSchema, moduleSchema, transferSchema]);
export type ModelParameters = z.infer<typeof modelParametersSchema>;

export function isTransfer(model: ModelParameters): model is Transfer {
  return typeof model === "object" && "base" in model;
}
