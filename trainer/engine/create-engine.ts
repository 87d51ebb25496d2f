import { EagerEngine } from "./eager-engine.ts";
import { engineContext } from "./engine-context.ts";
import type { Engine, EngineOptions } from "./engine.ts";

/**
 * Builds a network with its first weights, ready to train or to take over a state. TensorFlow must be loaded (`loadTensorflow`).
 * @throws {InvalidConfiguration} if the layers do not fit each other or the data
 */
export function createEngine(options: EngineOptions): Engine {
  return new EagerEngine(engineContext(options));
}
