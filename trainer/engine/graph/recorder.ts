import type * as tf from "@tensorflow/tfjs";

import {
  attributeTypes,
  nodeBackend,
  type Binding,
  type BindingAttribute,
  type TensorValues,
} from "../../runtime/node-backend.ts";
import type { GraphAttributes } from "./graph-builder.ts";
import type { GraphAttribute, TensorLiteral } from "./saved-model.ts";

/** Thrown when a computation cannot be written as a graph; the message names the op. The engine then runs op by op. */
export class NotCompilable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

export interface RecordedOp {
  op: string;
  attributes: GraphAttributes;
  inputs: number[];
  outputs: { id: number; dtype: number; shape: number[] }[];
}

/** The ops of one computation in the order they ran, by tensor number, and the constants JavaScript gave them. */
export interface Recording {
  ops: RecordedOp[];
  constants: Map<number, TensorLiteral>;
}

/** Values that JavaScript computes freeze in a graph; more of them than this, and not all equal, are random or data, not shapes. */
const largestConstant = 16;

/**
 * Runs a computation once and records every op it gives to TensorFlow.
 *
 * @param known numbers of the tensors that stand for inputs and variables
 * @throws {NotCompilable} if it reads a value back, or takes an array made in JavaScript, such as a random mask
 */
export function record<T>(known: ReadonlySet<number>, compute: () => T): { result: T; recording: Recording } {
  const backend = nodeBackend();
  const { binding } = backend;
  const recorder = new Recorder(binding, known);
  backend.binding = recorder.binding();
  const { random } = Math;
  Math.random = () => recorder.refuseChance();
  try {
    const result = compute();
    return { result, recording: { ops: recorder.ops, constants: recorder.constants } };
  } finally {
    backend.binding = binding;
    Math.random = random;
  }
}

/** The number under which TensorFlow knows a tensor; puts it on the device if it is not there yet. */
export function tensorId(tensor: tf.Tensor): number {
  return nodeBackend().getInputTensorIds([tensor])[0]!;
}

class Recorder {
  readonly ops: RecordedOp[] = [];
  readonly constants = new Map<number, TensorLiteral>();
  readonly #binding: Binding;
  readonly #known: Set<number>;

  constructor(binding: Binding, known: ReadonlySet<number>) {
    this.#binding = binding;
    this.#known = new Set(known);
  }

  /** The addon's functions cannot be replaced in place, so this stands before them. */
  binding(): Binding {
    const own: Partial<Binding> = {
      executeOp: (op, attributes, inputs, outputCount) => this.#executeOp(op, attributes, inputs, outputCount),
      createTensor: (shape, dtype, values) => this.#createTensor(shape, dtype, values),
      tensorDataSync: () => {
        throw new NotCompilable(`the result of ${this.ops.at(-1)?.op ?? "an input"} is read back to JavaScript within the step`);
      },
    };
    return new Proxy({} as Binding, {
      get: (_, key) => own[key as keyof Binding] ?? this.#binding[key as keyof Binding],
    });
  }

  /** tfjs' own random ops draw each number here; in a graph each step would get the same ones. */
  refuseChance(): never {
    throw new NotCompilable(`an op after ${this.ops.at(-1)?.op ?? "the input"} draws random numbers in JavaScript`);
  }

  #createTensor(shape: number[], dtype: number, values: TensorValues | Uint8Array[]): number {
    const id = this.#binding.createTensor(shape, dtype, values);
    if (!Array.isArray(values)) this.constants.set(id, { dtype, shape, values });
    return id;
  }

  #executeOp(op: string, attributes: BindingAttribute[], inputs: number[], outputCount: number) {
    for (const id of inputs) this.#checkInput(op, id);
    const outputs = this.#binding.executeOp(op, attributes, inputs, outputCount);
    this.ops.push({
      op,
      attributes: graphAttributes(op, attributes),
      inputs: [...inputs],
      outputs: outputs.map((output) => ({ ...output })),
    });
    for (const { id } of outputs) this.#known.add(id);
    return outputs;
  }

  #checkInput(op: string, id: number): void {
    if (this.#known.has(id)) return;
    const constant = this.constants.get(id);
    if (constant === undefined) {
      throw new NotCompilable(`${op} takes a tensor that was made before the step and is neither an input nor a weight`);
    }
    const { values } = constant;
    if (values.length > largestConstant && !values.every((value) => value === values[0])) {
      throw new NotCompilable(`${op} takes ${values.length} values made in JavaScript, which would be the same in each step`);
    }
  }
}

const attributeKinds: Record<number, (value: never) => GraphAttribute> = {
  [attributeTypes.string]: (value) => ({ string: value }),
  [attributeTypes.int]: (value) => ({ int: value }),
  [attributeTypes.float]: (value) => ({ float: value }),
  [attributeTypes.bool]: (value) => ({ bool: value }),
  [attributeTypes.type]: (value) => ({ dtype: value }),
  [attributeTypes.shape]: (value) => ({ shape: value }),
};

function graphAttributes(op: string, attributes: BindingAttribute[]): GraphAttributes {
  return Object.fromEntries(
    attributes.map(({ name, type, value }) => {
      const kind = attributeKinds[type];
      if (kind === undefined)
        throw new NotCompilable(`${op} has an attribute ${name} of a kind (${type}) graphs are not written with`);
      return [name, kind(value as never)];
    }),
  );
}
