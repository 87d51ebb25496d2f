import type * as tf from "@tensorflow/tfjs";

import type { Network } from "./build-network.ts";

export interface LayerSummary {
  name: string;
  /** Keras' class name, e.g. `Conv2D`. */
  type: string;
  /** Without the batch axis. */
  outputShape: number[];
  parameterCount: number;
}

/** A network as Keras' `summary()` shows it, as data. */
export interface NetworkSummary {
  layers: LayerSummary[];
  parameterCount: number;
  trainableCount: number;
  nonTrainableCount: number;
}

/** Lists the layers after the input with their shapes and parameters. */
export function summarizeNetwork({ model, weights }: Network): NetworkSummary {
  const layers = model.layers.filter((layer) => layer.getClassName() !== "InputLayer").map((layer) => summarizeLayer(layer));
  const count = (trainable: boolean) =>
    weights.filter((weight) => weight.trainable === trainable).reduce((sum, weight) => sum + weight.variable.size, 0);
  const [trainableCount, nonTrainableCount] = [count(true), count(false)];
  return { layers, parameterCount: trainableCount + nonTrainableCount, trainableCount, nonTrainableCount };
}

function summarizeLayer(layer: tf.layers.Layer): LayerSummary {
  return {
    name: layer.name,
    type: layer.getClassName(),
    outputShape: (layer.outputShape as number[]).slice(1),
    parameterCount: layer.countParams(),
  };
}
