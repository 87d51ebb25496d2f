import { buildNetwork, type Network } from "../../ml/model/build-network.ts";
import { evaluationBatchSize } from "../../ml/model/evaluation-batch-size.ts";
import { summarizeNetwork } from "../../ml/model/summary.ts";
import { classWeights } from "../../ml/train/class-weights.ts";
import { executeOp } from "../runtime/node-backend.ts";
import type { InputRecipe } from "./batch-input.ts";
import type { EngineOptions, NetworkDescription } from "./engine.ts";

/** What both kinds of engine are made of. */
export interface EngineContext {
  options: EngineOptions;
  network: Network;
  description: NetworkDescription;
  recipe: InputRecipe & { classWeights: number[] | null };
}

export function engineContext(options: EngineOptions): EngineContext {
  const { data, encoder, model, seed, normalizer, augmentation, train } = options;
  const { height, width, channels, dtype } = data;
  const native = { execute: executeOp };
  const network = buildNetwork({ height, width, channels, encoder, layers: model, seed, native });
  const weights = network.weights.map(({ name, variable, trainable }) => ({ name, shape: variable.shape, trainable }));
  return {
    options,
    network,
    description: {
      summary: summarizeNetwork(network),
      head: network.head,
      outputs: network.outputs,
      weights,
      evaluationBatchSize: evaluationBatchSize(data),
    },
    recipe: { dtype, normalizer, augmentation, classWeights: classWeights(train.classWeights, encoder.trainCounts) },
  };
}
