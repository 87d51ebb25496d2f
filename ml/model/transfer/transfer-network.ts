import * as tf from "@tensorflow/tfjs";

import { InvalidConfiguration } from "../../errors.ts";
import { addLayer } from "../add-layer.ts";
import type { Network, NetworkInput } from "../build-network.ts";
import { buildNetwork, layersBelow, networkOf } from "../build-network.ts";
import type { LayerStack } from "../layer-stack.ts";
import { FusedBatchNormalization } from "../layers/fused-batch-normalization.ts";
import type { TrainingContext } from "../training-context.ts";
import { putGraph, withoutTop } from "./base-graph.ts";
import { inferenceLayers } from "./inference-layers.ts";
import type { BaseNetwork, Transfer } from "./schema.ts";

/** A base in memory. */
export interface LoadedBase {
  source: string;
  network: BaseNetwork;
  /** All weights as float32, little-endian, layer by layer. */
  bytes: Uint8Array;
}

/** How many of the base's last layers with weights are trained. */
export type Unfrozen = number | "all";

/** A network and which of its layers are the base's. */
export interface TransferNetwork extends Network {
  baseLayers: ReadonlySet<string>;
}

/**
 * A network on a trained base. The base answers as in inference, its batch normalization with the averages it came with, also where its other
 * layers are trained.
 *
 * @see https://keras.io/guides/transfer_learning/
 * @throws {InvalidConfiguration} if base, data and layers do not fit each other
 */
export function buildTransferNetwork(
  given: Omit<NetworkInput, "layers" | "putBase">,
  { until, layers }: Pick<Transfer, "until" | "layers">,
  { base, unfrozen }: { base: LoadedBase; unfrozen: Unfrozen },
): TransferNetwork {
  checkChannels(base, given);
  let names: ReadonlySet<string> = new Set();
  const built = buildNetwork({
    ...given,
    layers,
    putBase: (stack, context) => {
      putBase(stack, context, { given, base, until });
      names = layersBelow(stack.output);
    },
  });
  const baseLayers = built.model.layers.filter((layer) => names.has(layer.name) && layer.weights.length > 0);
  assignBase(baseLayers, base);
  const trained = layersToTrain(baseLayers, unfrozen);
  const isTrained = (weight: string) => trained.some(({ name }) => weight.startsWith(`${name}/`));
  const isBase = (weight: string) => names.has(weight.slice(0, weight.lastIndexOf("/")));
  for (const layer of baseLayers) layer.trainable = trained.includes(layer);
  const weights = built.weights.map((weight) =>
    isBase(weight.name) ? { ...weight, trainable: weight.trainable && isTrained(weight.name), l1: 0, l2: 0 } : weight,
  );
  return { ...built, weights, baseLayers: names };
}

/** The same network in two: a frozen base, and what is trained on its outputs. Weights have the names that they have in the whole. */
export interface SplitNetwork {
  /** Its outputs are the features of an image, one after the other. */
  base: Network;
  /** Takes features as images of `featureShape`. */
  head: Network;
  featureShape: FeatureShape;
}

export interface FeatureShape {
  height: number;
  width: number;
  channels: number;
}

/** @throws {InvalidConfiguration} if base, data and layers do not fit each other */
export function splitTransferNetwork(
  given: Omit<NetworkInput, "layers" | "putBase">,
  { until, layers }: Pick<Transfer, "until" | "layers">,
  base: LoadedBase,
): SplitNetwork {
  checkChannels(base, given);
  let [split, shape]: [Network | null, number[]] = [null, []];
  const head = buildNetwork({
    ...given,
    layers,
    putBase: (stack, context) => {
      const image = stack.output;
      putBase(stack, context, { given, base, until });
      stack.names.take(layersBelow(stack.output));
      const model = tf.model({ inputs: image, outputs: stack.output });
      for (const layer of model.layers) layer.trainable = false;
      const weighty = model.layers.filter((layer) => layer.weights.length > 0);
      assignBase(weighty, base);
      shape = stack.output.shape.slice(1) as number[];
      split = networkOf(model, { head: "softmax", outputs: tf.util.sizeFromShape(shape), context });
      return putFeatures(stack, shape);
    },
  });
  return { head, base: split!, featureShape: asImage(shape) };
}

/** Layers on features of a shape, which come from elsewhere. */
export function buildHead(
  given: Omit<NetworkInput, "layers" | "putBase">,
  layers: Transfer["layers"],
  shape: readonly number[],
): Pick<SplitNetwork, "head" | "featureShape"> {
  const head = buildNetwork({ ...given, layers, putBase: (stack) => putFeatures(stack, shape) });
  return { head, featureShape: asImage(shape) };
}

/** @returns the input */
function putFeatures(stack: LayerStack, shape: readonly number[]): tf.SymbolicTensor {
  const { height, width, channels } = asImage(shape);
  const features = tf.input({ shape: [height, width, channels], name: "features" });
  const reshape = tf.layers.reshape({ targetShape: [...shape], name: "as_vector" });
  stack.output = shape.length === 3 ? features : (reshape.apply(features) as tf.SymbolicTensor);
  return features;
}

/** All features are given as maps; a vector is one of one pixel. */
function asImage(shape: readonly number[]): FeatureShape {
  const [height = 1, width = 1, channels = 1] = shape.length === 3 ? shape : [1, 1, tf.util.sizeFromShape([...shape])];
  return { height, width, channels };
}

function checkChannels({ network, source }: LoadedBase, { channels }: Pick<NetworkInput, "channels">): void {
  if (network.channels === channels) return;
  throw new InvalidConfiguration(
    `model.base ${source} takes images of ${network.channels} channels; the data has ${channels}: set ingest.channels to ${network.channels}`,
  );
}

function putBase(
  stack: LayerStack,
  context: TrainingContext,
  { given, base, until }: { given: Pick<NetworkInput, "native">; base: LoadedBase; until: string | undefined },
): void {
  const { network } = base.network;
  if ("graph" in network) {
    const graph = withoutTop(network.graph, until, base.source);
    stack.output = putGraph(stack.output, graph, { native: given.native, context }, base.source);
    return;
  }
  for (const layer of inferenceLayers(network.layers, until !== undefined)) addLayer(stack, layer);
  if (until === undefined) return;
  const output = outputOf(stack.output, until);
  if (!output) {
    const known = [...layersBelow(stack.output)].join(", ");
    throw new InvalidConfiguration(`model.until ${until}: ${base.source} has no such layer; it has ${known}`);
  }
  stack.output = output;
}

function outputOf(tensor: tf.SymbolicTensor, layer: string): tf.SymbolicTensor | null {
  if (tensor.sourceLayer.name === layer) return tensor;
  for (const input of tensor.inputs) {
    const found = outputOf(input, layer);
    if (found) return found;
  }
  return null;
}

interface Weight {
  shape: number[];
  values: Float32Array;
}

/** Weights of each layer in its order. */
function baseWeights({ network: { network }, bytes }: LoadedBase): Map<string, Weight[]> {
  const listed =
    "graph" in network
      ? network.graph.flatMap(({ name, weights }) => weights.map((shape) => ({ layer: name, shape })))
      : network.weights.map(({ name, shape }) => ({ layer: name.slice(0, name.lastIndexOf("/")), shape }));
  const found = new Map<string, Weight[]>();
  let offset = 0;
  for (const { layer, shape } of listed) {
    const end = offset + 4 * tf.util.sizeFromShape(shape);
    const values = new Float32Array(bytes.slice(offset, end).buffer);
    found.set(layer, [...(found.get(layer) ?? []), { shape, values }]);
    offset = end;
  }
  return found;
}

function assignBase(layers: readonly tf.layers.Layer[], base: LoadedBase): void {
  const weightsOf = baseWeights(base);
  for (const layer of layers) assignWeights(layer, weightsOf.get(layer.name) ?? [], base.source);
}

function assignWeights(layer: tf.layers.Layer, stored: readonly Weight[], source: string): void {
  const [wanted, received] = [layer.weights.map(({ shape }) => shape), stored.map(({ shape }) => shape)];
  if (JSON.stringify(wanted) !== JSON.stringify(received)) {
    throw new InvalidConfiguration(
      `model.base ${source}: the weights of layer ${layer.name} must be ${JSON.stringify(wanted)}; received ${JSON.stringify(received)}`,
    );
  }
  tf.tidy(() => layer.setWeights(stored.map(({ values, shape }) => tf.tensor(values, shape))));
}

function layersToTrain(baseLayers: readonly tf.layers.Layer[], unfrozen: Unfrozen): tf.layers.Layer[] {
  const trainable = baseLayers.filter((layer) => !(layer instanceof FusedBatchNormalization));
  return unfrozen === "all" ? trainable : unfrozen === 0 ? [] : trainable.slice(-unfrozen);
}
