import type { Network } from "../../../ml/model/build-network.ts";

/** Below this much work a call's own cost shows. */
const worthwhileOperations = 1e9;
const mostSteps = 16;

/**
 * How many steps one call takes: enough that the call itself costs nothing, few enough that the graph stays small. Results do not depend on it.
 *
 * Work is estimated as three times (forward, two gradients) each weight used once a position.
 */
export function stepsPerCall(network: Network, batchSize: number): number {
  const perRow = network.model.layers.reduce(
    (sum, layer) => sum + layer.countParams() * positions(layer.outputShape as number[]),
    0,
  );
  return Math.max(1, Math.min(mostSteps, Math.floor(worthwhileOperations / (3 * perRow * batchSize))));
}

/** Places of the output at which a layer's weights are applied. */
function positions(outputShape: number[]): number {
  return outputShape.length === 4 ? outputShape[1]! * outputShape[2]! : 1;
}
