import type { EngineContext } from "./engine-context.ts";
import type { EngineState } from "./engine.ts";
import { slotName, slotsOf } from "./optimizers.ts";

/** The state before the first step: weights as the network was built, slots as the optimizer starts them. */
export function firstState({ network, options }: EngineContext): EngineState {
  const variables: EngineState["variables"] = new Map();
  for (const { name, variable } of network.weights) {
    variables.set(name, { shape: variable.shape, values: variable.dataSync() as Float32Array });
  }
  for (const { name, variable, trainable } of network.weights) {
    if (!trainable) continue;
    for (const slot of slotsOf(options.train.optimizer)) {
      const values = new Float32Array(variable.size).fill(slot.initial);
      variables.set(slotName(name, slot.name), { shape: variable.shape, values });
    }
  }
  return { step: 0, variables };
}
