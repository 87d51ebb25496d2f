import type * as tf from "@tensorflow/tfjs";

import type { Normalizer } from "../normalize/schema.ts";
import type { Head } from "./losses.ts";

/** Layers that tfjs has none of. */
const ownLayers = ["SumPooling2D", "LocalResponseNormalization"];

export interface LayersModelTask {
  /** Gives logits. */
  model: tf.LayersModel;
  head: Head;
  /** In byte order of the weights' file. */
  weights: readonly { name: string; shape: readonly number[] }[];
  normalizer: Normalizer;
  classes: readonly string[];
}

/** Topology as tfjs writes it, as far as it is read here. */
interface Topology {
  config: { name: string; layers: { class_name: string }[]; output_layers: [string, number, number][] };
}

/**
 * The `model.json` of a tfjs layers model over the very bytes of the weights: `tf.loadLayersModel` reads it, and so does Keras' converter. It
 * takes normalized float32 images and gives probabilities; how to normalize stands in its `userDefinedMetadata`.
 *
 * @throws {Error} naming a layer that tfjs has not
 */
export function layersModelJson({ model, head, weights, normalizer, classes }: LayersModelTask): object {
  const topology = model.toJSON(null, false) as unknown as Topology; // tfjs declares it as any object
  const { config } = topology;
  const own = config.layers.find(({ class_name: name }) => ownLayers.includes(name));
  if (own) throw new Error(`tfjs has no layer ${own.class_name}`);
  const [last] = config.output_layers;
  if (!last) throw new Error("the model has no output");
  const probabilities = {
    name: "probabilities",
    class_name: "Activation",
    config: { name: "probabilities", activation: head, trainable: true },
    inbound_nodes: [[[...last, {}]]],
  };
  return {
    format: "layers-model",
    generatedBy: "convoy",
    convertedBy: null,
    modelTopology: {
      ...topology,
      // tfjs numbers models as they are made in a process; equal models are to be equal bytes.
      config: {
        ...config,
        name: "model",
        layers: [...config.layers, probabilities],
        output_layers: [["probabilities", 0, 0]],
      },
    },
    weightsManifest: [{ paths: ["weights.bin"], weights: weights.map(({ name, shape }) => ({ name, shape, dtype: "float32" })) }],
    userDefinedMetadata: { classes, normalizer: { ...normalizer, formula: "(pixel - offset) * scale" } },
  };
}
