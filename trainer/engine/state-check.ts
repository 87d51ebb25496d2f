import { InvalidData, TrainingDiverged } from "../../ml/errors.ts";
import type { EngineContext } from "./engine-context.ts";
import type { EngineState } from "./engine.ts";
import { weightsOnly } from "./optimizers.ts";

/** What to try where a training diverged. */
export const divergenceRemedies =
  "Try a lower train.optimizer.learningRate, train.optimizer.clipNorm: 1, or check the normalization.";

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

/**
 * Refuses weights that no training could go on from. A step's loss does not tell: it is measured before the update.
 * @param when for the message
 * @throws {TrainingDiverged} naming the first weight that holds something else than a finite number
 */
export function checkFinite({ variables }: Pick<EngineState, "variables">, when: string): void {
  for (const [name, { values }] of weightsOnly(variables)) {
    const found = values.find((value) => !Number.isFinite(value));
    if (found === undefined) continue;
    throw new TrainingDiverged(`The weights ${when} must be finite; received ${found} in ${name}. ${divergenceRemedies}`);
  }
}
