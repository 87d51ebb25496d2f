import * as tf from "@tensorflow/tfjs";

import type { Network } from "../../ml/model/build-network.ts";
import type { Head } from "../../ml/model/losses.ts";
import type { PartLoss } from "../../ml/model/mean-loss.ts";
import { buildOwnNetwork } from "../../ml/model/own-network.ts";
import type { ModelParameters, Transfer } from "../../ml/model/transfer/schema.ts";
import { isTransfer, storedNetworkSchema } from "../../ml/model/transfer/schema.ts";
import type { LoadedBase } from "../../ml/model/transfer/transfer-network.ts";
import { isModule } from "../../ml/module/schema.ts";
import { randomStream } from "../../ml/random.ts";
import type { TrainParameters } from "../../ml/train/schema.ts";
import type { ArtifactStore } from "../../storage/artifact-store.ts";
import type { LoadedModule } from "../../storage/load-module.ts";
import { loadModule } from "../../storage/load-module.ts";
import { nativeOps } from "../runtime/node-backend.ts";
import { SavedModelBase } from "./saved-model-base.ts";
import type { EngineOptions } from "./engine.ts";

/** Parts of a network that are not convoy's own. */
export interface OwnParts {
  model?: LoadedModule<"model">;
  loss?: LoadedModule<"loss">;
  base?: LoadedBase;
  savedModel?: SavedModelBase;
}

/** Rows of one batch in which a loss of the user's own is measured over a part. */
const lossBatch = 4096;

/** @throws {ModuleFailed} */
export async function loadOwnParts(
  { model, train }: { model: ModelParameters; train?: Pick<TrainParameters, "loss"> },
  artifacts: ArtifactStore,
): Promise<OwnParts> {
  return {
    ...(isModule(model) ? { model: await loadModule("model", model, artifacts) } : {}),
    ...(isTransfer(model) ? await loadBase(model, artifacts) : {}),
    ...(isModule(train?.loss) ? { loss: await loadModule("loss", train.loss, artifacts) } : {}),
  };
}

async function loadBase({ base, until }: Transfer, artifacts: ArtifactStore): Promise<Pick<OwnParts, "base" | "savedModel">> {
  if (typeof base === "string") throw new TypeError(`The base ${base} has not been brought into the store`);
  const network = await artifacts.getJson(base.network, storedNetworkSchema);
  const { source } = base;
  const bytes = await artifacts.get(base.weights);
  if (!("savedModel" in network)) return { base: { source, network, bytes } };
  return { savedModel: await SavedModelBase.open({ source, files: network.savedModel, bytes }, until) };
}

/** Chance that tfjs draws while the model is built follows the run's seed, as the first weights of layers without one. */
export function networkOfModule({ definition, call, file }: LoadedModule<"model">, options: EngineOptions): Network {
  const { data, encoder, seed } = options;
  const { height, width, channels } = data;
  const unseeded = Math.random;
  Math.random = randomStream(seed, "own model");
  try {
    return buildOwnNetwork({ height, width, channels, encoder, seed, native: nativeOps() }, file, (given) =>
      call("build", () => definition.build(given)),
    );
  } finally {
    Math.random = unseeded;
  }
}

export function ownLossOfRows(loss: LoadedModule<"loss">, head: Head, logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const { definition, call } = loss;
  return call("lossOfRows", () => {
    const losses = definition.lossOfRows({ logits: logits as tf.Tensor2D, labels: labels as tf.Tensor1D, head });
    if (losses instanceof tf.Tensor && losses.shape.join() === String(logits.shape[0])) return losses;
    const received = losses instanceof tf.Tensor ? `[${losses.shape.join(", ")}]` : typeof losses;
    throw new Error(`one loss a row was expected, [${logits.shape[0]}]; received ${received}`);
  });
}

/** How a part's loss is measured: the same as what training makes small. */
export function partLossOf(head: Head, loss: TrainParameters["loss"], own: OwnParts["loss"]): PartLoss | undefined {
  if (own === undefined) return isModule(loss) ? undefined : loss;
  return (logits, outputs, labels) => {
    let sum = 0;
    for (let start = 0; start < labels.length; start += lossBatch) {
      const count = Math.min(lossBatch, labels.length - start);
      const losses = tf.tidy(() => {
        const values = logits.slice(start * outputs, (start + count) * outputs);
        return ownLossOfRows(
          own,
          head,
          tf.tensor2d(values, [count, outputs]),
          tf.tensor1d(labels.slice(start, start + count), "int32"),
        );
      });
      for (const value of losses.dataSync()) sum += value;
      losses.dispose();
    }
    return sum / labels.length;
  };
}
