import * as tf from "@tensorflow/tfjs";

import { ModuleFailed } from "../errors.ts";
import type { ModelDefinition } from "../module/definitions.ts";
import type { Network, NetworkInput, Penalties } from "./build-network.ts";
import { networkOf } from "./build-network.ts";
import { LayerStack } from "./layer-stack.ts";
import { FusedBatchNormalization } from "./layers/fused-batch-normalization.ts";
import { StatelessDropout } from "./layers/stateless-dropout.ts";
import { TrainingContext } from "./training-context.ts";

/** tfjs' own would draw one mask for all steps, or normalize wrongly where frozen. */
const replaced: Readonly<Record<string, string>> = {
  Dropout: "layers.dropout(rate)",
  SpatialDropout1D: "layers.dropout(rate)",
  GaussianNoise: "augmentation",
  GaussianDropout: "layers.dropout(rate)",
  AlphaDropout: "layers.dropout(rate)",
  BatchNormalization: "layers.batchNormalization()",
};

/**
 * The network that a module of the user's own builds.
 * @param file as the pipeline file names it, for messages
 * @throws {ModuleFailed} if what it builds cannot be trained as it should be
 */
export function buildOwnNetwork(
  { height, width, channels, encoder, seed, native }: Omit<NetworkInput, "layers">,
  file: string,
  build: ModelDefinition["build"],
): Network {
  const context = new TrainingContext();
  const input = tf.input({ shape: [height, width, channels], name: "input" });
  const layers = new LayerStack(input, { seed, native, context });
  const head = encoder.encoding === "binary" ? "sigmoid" : "softmax";
  const outputs = head === "sigmoid" ? 1 : encoder.classes.length;
  const logits = build({ input, layers, height, width, channels, classes: encoder.classes, outputs, head });
  if (!(logits instanceof tf.SymbolicTensor) || logits.shape.slice(1).join() !== String(outputs)) {
    const received = logits instanceof tf.SymbolicTensor ? `[${logits.shape.slice(1).join(", ")}]` : typeof logits;
    throw new ModuleFailed(`${file}: build must return the output of the last layer, [${outputs}] logits; received ${received}`);
  }
  const model = tf.model({ inputs: input, outputs: logits });
  for (const layer of model.layers) refuseReplaced(file, layer);
  return networkOf(model, { head, outputs, context, penalties: penaltiesOf(file, model, layers.penalties) });
}

function refuseReplaced(file: string, layer: tf.layers.Layer): void {
  const better = replaced[layer.getClassName()];
  if (better === undefined || layer instanceof StatelessDropout || layer instanceof FusedBatchNormalization) return;
  throw new ModuleFailed(
    `${file}: the layer ${layer.name} is tfjs' ${layer.getClassName()}, which does not train as it should; use ${better}`,
  );
}

/** Those of convoy's layers, and the kernel regularizers of tfjs' ones. */
function penaltiesOf(file: string, model: tf.LayersModel, known: Penalties): Penalties {
  const penalties = new Map(known);
  for (const layer of model.layers) {
    const { kernelRegularizer, biasRegularizer, activityRegularizer } = layer as unknown as Record<
      string,
      Regularizer | null | undefined
    >;
    if (biasRegularizer ?? activityRegularizer)
      throw new ModuleFailed(`${file}: the layer ${layer.name} has a regularizer of bias or activity; only kernels can have one`);
    if (kernelRegularizer) penalties.set(layer.name, kernelRegularizer.getConfig());
  }
  return penalties;
}

interface Regularizer {
  getConfig(): { l1: number; l2: number };
}
