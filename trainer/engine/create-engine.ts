import { InvalidConfiguration } from "../../ml/errors.ts";
import { isTransfer } from "../../ml/model/transfer/schema.ts";
import { AutoEngine } from "./auto-engine.ts";
import { EagerEngine } from "./eager-engine.ts";
import type { EngineContext } from "./engine-context.ts";
import { engineContext } from "./engine-context.ts";
import type { Engine, EngineOptions } from "./engine.ts";
import { onFrozenLayers, onSavedModel } from "./frozen-base.ts";
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
  if (isTransfer(model) && own?.savedModel) return onSavedModel(options, own.savedModel, model.layers, engineOf);
  const whole = engineOf(engineContext(options));
  if (!keepsFeatures || unfrozen !== 0 || !isTransfer(model) || !own?.base) return whole;
  return onFrozenLayers(options, whole, { model, base: own.base }, engineOf);
}

function engineOf(context: EngineContext): Engine {
  const { engine } = context.options.train;
  if (engine === "eager") return new EagerEngine(context);
  return engine === "graph" ? new GraphEngine(context) : new AutoEngine(context);
}
