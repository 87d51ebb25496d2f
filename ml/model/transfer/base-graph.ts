import * as tf from "@tensorflow/tfjs";

import { InvalidConfiguration } from "../../errors.ts";
import { FusedBatchNormalization } from "../layers/fused-batch-normalization.ts";
import type { NativeOps } from "../native-ops.ts";
import type { TrainingContext } from "../training-context.ts";
import type { BaseLayer } from "./schema.ts";

interface Given {
  native: NativeOps;
  context: TrainingContext;
}

/** Keras' settings of one layer; what this program does not use may be there and is not read. */
type Config = Record<string, unknown>;

/** Weights are replaced at once, so none is drawn. */
const none = { kernelInitializer: "zeros" } as const;
const noneByDepth = { depthwiseInitializer: "zeros", pointwiseInitializer: "zeros" } as const;

/** How each of Keras' layers is made. Dropout is left out: a base answers as in inference. */
const makers: Readonly<Record<string, (name: string, config: Config, given: Given) => tf.layers.Layer | null>> = {
  Conv2D: (name, config) => tf.layers.conv2d({ ...none, ...convolution(config), name }),
  Dense: (name, { units, activation, use_bias }) =>
    tf.layers.dense({ name, units: units as number, activation: activation as "relu", useBias: use_bias !== false, ...none }),
  DepthwiseConv2D: (name, config) =>
    tf.layers.depthwiseConv2d({
      depthwiseInitializer: "zeros",
      ...convolution(config),
      depthMultiplier: config["depth_multiplier"] as number,
      name,
    }),
  SeparableConv2D: (name, config) =>
    tf.layers.separableConv2d({
      ...noneByDepth,
      ...convolution(config),
      depthMultiplier: config["depth_multiplier"] as number,
      name,
    }),
  BatchNormalization: (name, { epsilon, scale }, given) =>
    new FusedBatchNormalization({ name, epsilon: epsilon as number, scale: scale !== false, ...given }),
  MaxPooling2D: (name, config) => tf.layers.maxPooling2d({ ...pooling(config), name }),
  AveragePooling2D: (name, config) => tf.layers.averagePooling2d({ ...pooling(config), name }),
  GlobalMaxPooling2D: (name) => tf.layers.globalMaxPooling2d({ name }),
  GlobalAveragePooling2D: (name) => tf.layers.globalAveragePooling2d({ name }),
  ZeroPadding2D: (name, { padding }) =>
    tf.layers.zeroPadding2d({ name, padding: padding as [[number, number], [number, number]] }),
  UpSampling2D: (name, { size, interpolation }) =>
    tf.layers.upSampling2d({ name, size: size as number[], interpolation: interpolation as "nearest" }),
  Add: (name) => tf.layers.add({ name }),
  Multiply: (name) => tf.layers.multiply({ name }),
  Concatenate: (name, { axis }) => tf.layers.concatenate({ name, axis: axis as number }),
  Activation: (name, { activation }) => tf.layers.activation({ name, activation: activation as "relu" }),
  ReLU: (name, { max_value }) => tf.layers.reLU({ name, ...(typeof max_value === "number" ? { maxValue: max_value } : {}) }),
  LeakyReLU: (name, config) =>
    tf.layers.leakyReLU({ name, alpha: (config["negative_slope"] ?? config["alpha"] ?? 0.3) as number }),
  Softmax: (name, { axis }) => tf.layers.softmax({ name, axis: axis as number }),
  Flatten: (name) => tf.layers.flatten({ name }),
  Reshape: (name, { target_shape }) => tf.layers.reshape({ name, targetShape: target_shape as number[] }),
  Dropout: () => null,
  SpatialDropout2D: () => null,
};

/** tfjs checks them as it makes the layer. */
function convolution({ filters, kernel_size, strides, padding, dilation_rate, activation, use_bias }: Config) {
  return {
    filters: filters as number,
    kernelSize: kernel_size as [number, number],
    strides: strides as [number, number],
    padding: padding as "same" | "valid",
    dilationRate: dilation_rate as [number, number],
    activation: activation as "relu",
    useBias: use_bias !== false,
  };
}

function pooling({ pool_size, strides, padding }: Config) {
  return {
    poolSize: pool_size as [number, number],
    strides: (strides ?? pool_size) as [number, number],
    padding: padding as "same" | "valid",
  };
}

/**
 * Puts the layers of a network that Keras made on a stack's input, as they answer in inference.
 *
 * @returns the last one's output
 * @throws {InvalidConfiguration} naming a layer that cannot be made
 */
export function putGraph(input: tf.SymbolicTensor, graph: readonly BaseLayer[], given: Given, source: string): tf.SymbolicTensor {
  const outputs = new Map<string, tf.SymbolicTensor>();
  let last = input;
  for (const { name, type, config, inputs } of graph) {
    if (type === "InputLayer") {
      outputs.set(name, input);
      continue;
    }
    // A Sequential model may have no input layer: its first layer takes the images.
    const from = inputs.length === 0 ? [input] : inputs.map((each) => outputs.get(each)).filter((tensor) => tensor !== undefined);
    try {
      const make = makers[type];
      if (!make) throw new Error(`layers of this type are not known; those that are: ${Object.keys(makers).join(", ")}`);
      const layer = make(name, config, given);
      last = layer ? (layer.apply(from.length === 1 ? from[0]! : from) as tf.SymbolicTensor) : from[0]!;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new InvalidConfiguration(`model.base ${source}: the layer ${name} (${type}) cannot be made: ${reason}`, { cause });
    }
    outputs.set(name, last);
  }
  return last;
}

const topTypes = new Set(["Dense", "Flatten", "Dropout", "Softmax"]);

/**
 * The part of a graph that a base lends: up to a layer by name, or without the dense layers at its end; what nothing of it needs is left out.
 * @throws {InvalidConfiguration} where there is no such layer
 */
export function withoutTop(graph: readonly BaseLayer[], until: string | undefined, source: string): BaseLayer[] {
  const byName = new Map(graph.map((layer) => [layer.name, layer]));
  let last = until === undefined ? graph.at(-1) : byName.get(until);
  if (!last) {
    const known = graph.map(({ name }) => name).join(", ");
    throw new InvalidConfiguration(`model.until ${until}: ${source} has no such layer; it has ${known}`);
  }
  while (until === undefined && topTypes.has(last.type) && last.inputs.length === 1) last = byName.get(last.inputs[0]!) ?? last;
  const needed = new Set<string>();
  const need = (name: string) => {
    if (needed.has(name)) return;
    needed.add(name);
    byName.get(name)?.inputs.forEach(need);
  };
  need(last.name);
  return graph.filter(({ name }) => needed.has(name));
}
