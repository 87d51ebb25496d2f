import { InvalidConfiguration } from "../../ml/errors.ts";
import { isTransfer } from "../../ml/model/transfer/schema.ts";
import type { Transfer } from "../../ml/model/transfer/schema.ts";
import type { LoadedBase } from "../../ml/model/transfer/transfer-network.ts";
import { splitTransferNetwork } from "../../ml/model/transfer/transfer-network.ts";
import { executeOp } from "../runtime/node-backend.ts";
import { AutoEngine } from "./auto-engine.ts";
import { EagerEngine } from "./eager-engine.ts";
import type { EngineContext } from "./engine-context.ts";
import { engineContext } from "./engine-context.ts";
import type { Engine, EngineOptions } from "./engine.ts";
import { FeatureCache } from "./feature-cache.ts";
import { FeatureEngine } from "./feature-engine.ts";
import { FineTuningEngine } from "./fine-tuning-engine.ts";
import { GraphEngine } from "./graph-engine.ts";

/**
 * Builds a network with its first weights, ready to train or to take over a state. TensorFlow must be loaded (`loadTensorflow`).
 * `options.train.engine` picks the kind.
 * @throws {InvalidConfiguration} if the layers do not fit each other or the data
 */
export function createEngine(options: EngineOptions): Engine {
  const { fineTune } = options.train;
  if (fineTune === undefined) return createPlainEngine(options);
  if (!isTransfer(options.model))
    throw new InvalidConfiguration("train.fineTune trains a part of model.base; this model has none: leave it out");
  return new FineTuningEngine((unfrozen) => createPlainEngine({ ...options, unfrozen }), fineTune);
}

function createPlainEngine(options: EngineOptions): Engine {
  const { model, own, unfrozen = 0, keepsFeatures = false } = options;
  const whole = engineOf(engineContext(options));
  if (!keepsFeatures || unfrozen !== 0 || !isTransfer(model) || !own?.base) return whole;
  return featureEngine(options, whole, { model, base: own.base });
}

function engineOf(context: EngineContext): Engine {
  const { engine } = context.options.train;
  if (engine === "eager") return new EagerEngine(context);
  return engine === "graph" ? new GraphEngine(context) : new AutoEngine(context);
}

function featureEngine(options: EngineOptions, whole: Engine, transfer: { model: Transfer; base: LoadedBase }): Engine {
  const { data, encoder, seed, own = {}, augmentation } = options;
  const { height, width, channels } = data;
  const given = { height, width, channels, encoder, seed, native: { execute: executeOp } };
  const { base, head, featureShape } = splitTransferNetwork(given, transfer.model, transfer.base);
  const { evaluationBatchSize } = whole.network;
  const cache = new FeatureCache(data.rowCount, base.outputs);
  const headOptions: EngineOptions = {
    ...options,
    own: own.loss ? { loss: own.loss } : {},
    data: { ...data, ...featureShape, dtype: "float32", read: (rows) => Promise.resolve(cache.read(rows)) },
    normalizer: { formatVersion: 1, method: "none", offset: [0], scale: [1], rowCount: data.rowCount },
    augmentation: { ...augmentation, enabled: false },
    evaluationBatchSize,
    // Rows come into the cache as they are asked for.
    residentBytes: 0,
  };
  return new FeatureEngine({
    whole,
    base: engineOf(engineContext({ ...options, evaluationBatchSize }, () => base)),
    head: engineOf(engineContext(headOptions, () => head)),
    cache,
  });
}
