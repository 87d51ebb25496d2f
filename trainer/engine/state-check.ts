import { InvalidData } from "../../ml/errors.ts";
import type { EngineContext } from "./engine-context.ts";
import type { EngineState } from "./engine.ts";

/**
 * Refuses a state that is not of this network.
 * @throws {InvalidData} naming the first weight that is missing or has another shape
 */
export function checkShapes(state: EngineState, { network }: EngineContext): void {
  for (const { name, variable } of network.weights) {
    const stored = state.variables.get(name);
    const [wanted, received] = [variable.shape.join(" × "), stored?.shape.join(" × ") ?? "nothing"];
    if (wanted === received && stored?.values.length === variable.size) continue;
    throw new InvalidData(
      `Weight ${name} must be ${wanted || "a scalar"}; received ${received}: these weights are of another model`,
    );
  }
}
