import { buildNetwork, type Network } from "../../ml/model/build-network.ts";
import { evaluationBatchSize } from "../../ml/model/evaluation-batch-size.ts";
import { summarizeNetwork } from "../../ml/model/summary.ts";
import { executeOp } from "../runtime/node-backend.ts";
import type { EngineOptions, NetworkDescription } from "./engine.ts";
import { inputRecipe, type InputRecipe } from "./input-recipe.ts";

/** What both kinds of engine are made of. */
export interface EngineContext {
  options: EngineOptions;
  network: Network;
  description: NetworkDescription;
  recipe: InputRecipe;
}

export function engineContext(options: EngineOptions): EngineContext {
  const { data, encoder, model, seed } = options;
  const { height, width, channels } = data;
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
    recipe: inputRecipe(options),
  };
}

/** Frees the network's weights and the recipe's tensors. */
export function disposeContext({ network, recipe }: EngineContext): void {
  network.model.dispose();
  for (const tensor of recipe.constants) tensor.dispose();
}
