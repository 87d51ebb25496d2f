import { buildNetwork, type Network } from "../../ml/model/build-network.ts";
import { isTransfer } from "../../ml/model/transfer/schema.ts";
import { buildTransferNetwork } from "../../ml/model/transfer/transfer-network.ts";
import { evaluationBatchSize } from "../../ml/model/evaluation-batch-size.ts";
import { summarizeNetwork } from "../../ml/model/summary.ts";
import { nativeOps } from "../runtime/node-backend.ts";
import type { EngineOptions, NetworkDescription } from "./engine.ts";
import { networkOfModule } from "./own-parts.ts";
import { inputRecipe, type InputRecipe } from "./input-recipe.ts";

/** What both kinds of engine are made of. */
export interface EngineContext {
  options: EngineOptions;
  network: Network;
  description: NetworkDescription;
  recipe: InputRecipe;
}

/** @param build makes the network; from the layers of the options where absent */
export function engineContext(
  options: EngineOptions,
  build: (options: EngineOptions) => Network = networkFromLayers,
): EngineContext {
  const network = build(options);
  const weights = network.weights.map(({ name, variable, trainable }) => ({ name, shape: variable.shape, trainable }));
  return {
    options,
    network,
    description: {
      summary: summarizeNetwork(network),
      head: network.head,
      outputs: network.outputs,
      weights,
      evaluationBatchSize: options.evaluationBatchSize ?? evaluationBatchSize(options.data),
    },
    recipe: inputRecipe(options),
  };
}

function networkFromLayers(options: EngineOptions): Network {
  const { data, encoder, model, seed, own, unfrozen = 0 } = options;
  if (own?.model) return networkOfModule(own.model, options);
  const { height, width, channels } = data;
  const given = { height, width, channels, encoder, seed, native: nativeOps() };
  if (isTransfer(model) && own?.base) return buildTransferNetwork(given, model, { base: own.base, unfrozen });
  if (!Array.isArray(model)) throw new TypeError("The model is a module or on a base that was not loaded");
  return buildNetwork({ ...given, layers: model });
}

/** Frees the network's weights and the recipe's tensors. */
export function disposeContext({ network, recipe }: EngineContext): void {
  network.model.dispose();
  for (const tensor of recipe.constants) tensor.dispose();
}
