import { dataTypes } from "../../runtime/node-backend.ts";
import type { EngineContext } from "../engine-context.ts";
import { slotName, slotsOf } from "../optimizers.ts";
import type { Edge, GraphBuilder } from "./graph-builder.ts";

/** A float32 variable of a compiled graph. */
export interface GraphVariable {
  /** As in `EngineState`. */
  name: string;
  shape: number[];
  handle: Edge;
  /** First value of an optimizer's slot; null for a weight, which has its own values. */
  initial: number | null;
}

/** All weights, and the optimizer's slots of the trainable ones, as resources of the graph. */
export function addVariables(builder: GraphBuilder, { network, options }: EngineContext, training: boolean): GraphVariable[] {
  const add = (name: string, shape: number[], initial: number | null) => ({
    name,
    shape,
    handle: builder.variable(`variables/${name}`, dataTypes.float, shape),
    initial,
  });
  const weights = network.weights.map(({ name, variable }) => add(name, variable.shape, null));
  const slots = network.weights
    .filter(({ trainable }) => trainable && training)
    .flatMap(({ name, variable }) =>
      slotsOf(options.train.optimizer).map((slot) => add(slotName(name, slot.name), variable.shape, slot.initial)),
    );
  return [...weights, ...slots];
}

/** Names of the nodes that take over and hand out all variables. */
export const stateNodes = {
  restored: "state/restored",
  input: (index: number) => `state/input/${index}`,
  output: (index: number) => `state/output/${index}`,
};

const float = { dtype: { type: "float" } } as const;

/**
 * Adds what reads and writes all variables. Values are copied on the way in: fed memory belongs to JavaScript and must not be freed by the
 * thread that later changes the variable.
 */
export function addStateAccess(builder: GraphBuilder, variables: readonly GraphVariable[]): void {
  const assigned = variables.map(({ handle, shape }, index) => {
    const input = builder.placeholder(stateNodes.input(index), dataTypes.float, shape);
    const copy = builder.add("DeepCopy", { T: { type: "float" } }, [input]);
    return builder.add("AssignVariableOp", float, [handle, copy]);
  });
  builder.signal(stateNodes.restored, assigned);
  for (const [index, { handle }] of variables.entries()) {
    builder.add("ReadVariableOp", float, [handle], { name: stateNodes.output(index) });
  }
}
