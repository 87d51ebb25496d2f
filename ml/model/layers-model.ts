import type * as tf from "@tensorflow/tfjs";

import type { Normalizer } from "../normalize/schema.ts";
import type { Head } from "./losses.ts";

/** Layers that tfjs has none of. */
const ownLayers = ["SumPooling2D", "LocalResponseNormalization"];

/** Where normalizing does more than the others do. */
const formulas: Partial<Record<Normalizer["method"], string>> = {
  samplewise: "(pixel - offset) * scale, less the image's mean, by its standard deviation + 1e-6 unless deviation is false",
  zca: "(pixel - offset) * scale, flattened, times whitening, an npy of float32",
};

export interface LayersModelTask {
  /** Gives logits. */
  model: tf.LayersModel;
  head: Head;
  /** In byte order of the weights' file. */
  weights: readonly { name: string; shape: readonly number[] }[];
  normalizer: Normalizer;
  classes: readonly string[];
  /** What logits are multiplied by and what is added to each, where they are corrected. */
  correction?: { scale: number; offsets: readonly number[] } | undefined;
}

/** Topology as tfjs writes it, as far as it is read here. */
interface Topology {
  config: { name: string; layers: { class_name: string }[]; output_layers: [string, number, number][] };
}

/**
 * The `model.json` of a tfjs layers model over the very bytes of the weights: `tf.loadLayersModel` reads it, and so does Keras' converter. It
 * takes normalized float32 images and gives probabilities; how to normalize stands in its `userDefinedMetadata`. A correction of logits is a
 * dense layer, whose weights (`correctionWeights`) follow those of the network.
 *
 * @throws {Error} naming a layer that tfjs has not
 */
export function layersModelJson({ model, head, weights, normalizer, classes, correction }: LayersModelTask): object {
  const topology = model.toJSON(null, false) as unknown as Topology; // tfjs declares it as any object
  const { config } = topology;
  const own = config.layers.find(({ class_name: name }) => ownLayers.includes(name));
  if (own) throw new Error(`tfjs has no layer ${own.class_name}`);
  const [last] = config.output_layers;
  if (!last) throw new Error("the model has no output");
  const units = correction?.offsets.length ?? 0;
  const corrected = layerJson("Dense", { name: "calibration", units, activation: "linear", use_bias: true }, last);
  const [added, logits] = correction ? [[corrected], ["calibration", 0, 0] as const] : [[], last];
  const probabilities = layerJson("Activation", { name: "probabilities", activation: head }, logits);
  const addedWeights = correction
    ? [
        { name: "calibration/kernel", shape: [units, units] },
        { name: "calibration/bias", shape: [units] },
      ]
    : [];
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
        layers: [...config.layers, ...added, probabilities],
        output_layers: [["probabilities", 0, 0]],
      },
    },
    weightsManifest: [
      {
        paths: ["weights.bin"],
        weights: [...weights, ...addedWeights].map(({ name, shape }) => ({ name, shape, dtype: "float32" })),
      },
    ],
    userDefinedMetadata: {
      classes,
      normalizer: { ...normalizer, formula: formulas[normalizer.method] ?? "(pixel - offset) * scale" },
    },
  };
}

/** Kernel and bias of the dense layer that corrects logits; shapes [outputs, outputs] and [outputs], one behind the other. */
export function correctionWeights({ scale, offsets }: NonNullable<LayersModelTask["correction"]>): Float32Array {
  const units = offsets.length;
  const values = new Float32Array(units * units + units);
  for (let unit = 0; unit < units; unit++) values[unit * (units + 1)] = scale;
  values.set(offsets, units * units);
  return values;
}

function layerJson(
  className: string,
  config: { name: string } & Record<string, unknown>,
  input: readonly [string, number, number],
) {
  return {
    name: config.name,
    class_name: className,
    config: { ...config, trainable: true },
    inbound_nodes: [[[...input, {}]]],
  };
}
