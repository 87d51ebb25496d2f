import * as tf from "@tensorflow/tfjs";

import { networkInput } from "./batch-input.ts";
import { pixelTensor } from "./batch-tensors.ts";
import type { EngineContext } from "./engine-context.ts";
import { disposeContext, engineContext } from "./engine-context.ts";
import type { EngineOptions, EngineState } from "./engine.ts";

/** Maps of some rows, each as large as the feature map it is made of; [rows, height, width], 0 to 1. */
export interface ActivationMaps {
  height: number;
  width: number;
  values: Float32Array;
}

/**
 * Where in each image the network sees what speaks for a class: the last feature map's channels, weighted by the mean gradient of the
 * class' logit over them, what speaks against it left out; each map's largest value is 1.
 *
 * @param codes the class asked for, by row
 * @returns null where the network has no feature map, as one that flattens at once, does not end in a plain chain of layers, or stands on a
 * SavedModel
 * @see Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", equations 1 and 2
 */
export async function gradCam(
  options: EngineOptions,
  state: EngineState,
  rows: Int32Array,
  codes: Int32Array,
): Promise<ActivationMaps | null> {
  if (options.own?.savedModel) {
    options.own.savedModel.dispose();
    return null;
  }
  const context = engineContext(options);
  try {
    const cut = cutAtFeatures(context.network.model);
    if (!cut || rows.length === 0) return null;
    for (const { name, variable } of context.network.weights) {
      const stored = state.variables.get(name);
      if (stored) tf.tidy(() => variable.assign(tf.tensor(stored.values.slice(), variable.shape)));
    }
    const [height, width] = [cut.height, cut.width];
    const values = new Float32Array(rows.length * height * width);
    for (const [i, row] of rows.entries()) {
      const pixels = pixelTensor(options.data, await options.data.read(Int32Array.of(row)), 1);
      const map = tf.tidy(() => mapOf(context, cut, pixels, codes[i]!));
      values.set(map.dataSync() as Float32Array, i * height * width);
      tf.dispose([pixels, map]);
    }
    return { height, width, values };
  } finally {
    disposeContext(context);
  }
}

interface Cut {
  /** Up to the feature map. */
  features: tf.LayersModel;
  /** What turns it into logits. */
  rest: tf.layers.Layer[];
  height: number;
  width: number;
}

/** The last layer whose output still has places, and the chain behind it. */
function cutAtFeatures(model: tf.LayersModel): Cut | null {
  const last = model.layers.findLastIndex(({ outputShape }) => isFeatureMap(outputShape as tf.Shape));
  const layer = model.layers[last];
  if (!layer || layer.getClassName() === "InputLayer") return null;
  const rest = model.layers.slice(last + 1);
  const isChain = rest.every((next, i) => {
    const before = i === 0 ? layer : rest[i - 1]!;
    return next.inboundNodes.length === 1 && next.input === before.output;
  });
  if (!isChain) return null;
  const [, height, width] = layer.outputShape as [number, number, number, number];
  const output = layer.output as tf.SymbolicTensor;
  return { features: tf.model({ inputs: model.inputs, outputs: output }), rest, height, width };
}

/** [rows, height, width, channels] with more than one place. */
function isFeatureMap(shape: tf.Shape): boolean {
  return shape.length === 4 && (shape[1] ?? 0) * (shape[2] ?? 0) > 1;
}

function mapOf({ network, recipe }: EngineContext, { features, rest }: Cut, pixels: tf.Tensor, code: number): tf.Tensor {
  const activations = features.apply(networkInput(pixels, null, recipe), { training: false }) as tf.Tensor4D;
  const score = (map: tf.Tensor): tf.Scalar => {
    const logits = rest.reduce((at, layer) => layer.apply(at, { training: false }) as tf.Tensor, map) as tf.Tensor2D;
    // One logit speaks for the second class, and against the first.
    if (network.outputs === 1) return tf.sum(code === 1 ? logits : tf.neg(logits));
    return tf.sum(tf.slice(logits, [0, code], [1, 1]));
  };
  const gradient = tf.grad(score)(activations);
  const weights = tf.mean(gradient, [1, 2], true);
  const map = tf.relu(tf.sum(tf.mul(activations, weights), -1));
  const largest = tf.max(map);
  return tf.divNoNan(map, largest);
}
