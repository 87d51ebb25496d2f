import type { OpAttributes } from "../../../ml/model/native-ops.ts";
import { dataTypes } from "../../runtime/node-backend.ts";
import type { OpSink } from "../op-sink.ts";
import type { GraphAttribute, GraphNode, TensorLiteral } from "./saved-model.ts";

export type GraphAttributes = Readonly<Record<string, GraphAttribute>>;

/** An output of a node: `node` or `node:1`. */
export type Edge = string;

/** Collects the nodes of one graph. Equal scalars are written once. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly #names = new Map<string, number>();
  readonly #scalars = new Map<string, Edge>();

  /** @param after nodes that must have run before this one */
  add(
    op: string,
    attributes: GraphAttributes,
    inputs: readonly Edge[],
    options: { name?: string; after?: readonly string[] } = {},
  ): Edge {
    const name = this.#unique(options.name ?? op);
    const controls = [...new Set(options.after ?? [])].map((node) => `^${nodeOf(node)}`);
    this.nodes.push({ name, op, inputs: [...inputs, ...controls], attributes });
    return name;
  }

  placeholder(name: string, dtype: number, shape: readonly number[]): Edge {
    return this.add("Placeholder", { dtype: { dtype }, shape: { shape } }, [], { name });
  }

  constant(literal: TensorLiteral, name = "Const"): Edge {
    return this.add("Const", { dtype: { dtype: literal.dtype }, value: { tensor: literal } }, [], { name });
  }

  scalar(value: number, type: "float" | "int32" = "float"): Edge {
    const key = `${type} ${Object.is(value, -0) ? "-0" : value}`;
    const known = this.#scalars.get(key);
    if (known !== undefined) return known;
    const values = type === "float" ? Float32Array.of(value) : Int32Array.of(value);
    const edge = this.constant({ dtype: dataTypes[type], shape: [], values });
    this.#scalars.set(key, edge);
    return edge;
  }

  ints(values: readonly number[]): Edge {
    return this.constant({ dtype: dataTypes.int32, shape: [values.length], values: Int32Array.from(values) });
  }

  /** A variable that lives in the session; its value is what was last assigned. */
  variable(name: string, dtype: number, shape: readonly number[]): Edge {
    const attributes = { dtype: { dtype }, shape: { shape }, shared_name: { string: name }, container: { string: "" } };
    return this.add("VarHandleOp", attributes, [], { name });
  }

  /** Nothing but an order: runs after `nodes`. */
  barrier(name: string, nodes: readonly string[]): string {
    return this.add("NoOp", {}, [], { name, after: nodes });
  }

  /** A constant that can be fetched to make `nodes` run. */
  signal(name: string, nodes: readonly string[]): Edge {
    const tensor = { dtype: dataTypes.int32, shape: [], values: Int32Array.of(1) };
    return this.add("Const", { dtype: { type: "int32" }, value: { tensor } }, [], { name, after: nodes });
  }

  #unique(name: string): string {
    const count = this.#names.get(name) ?? 0;
    this.#names.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  }
}

/** The node an edge comes from. */
export function nodeOf(edge: Edge): string {
  return edge.split(":")[0]!;
}

/**
 * Writes ops into a graph. Ops on one variable run in the order given, and all of them after `after`:
 * by then every reader of a variable is done, so it is changed in place instead of being copied.
 */
export class GraphSink implements OpSink<Edge> {
  /** Every op without outputs, i.e. every change of a variable. */
  readonly effects: string[] = [];
  readonly #builder: GraphBuilder;
  readonly #after: readonly string[];
  readonly #last = new Map<Edge, string>();

  constructor(builder: GraphBuilder, after: readonly string[]) {
    this.#builder = builder;
    this.#after = after;
  }

  execute(op: string, attributes: OpAttributes, inputs: Edge[], outputCount = 1): Edge[] {
    const touched = op.includes("Resource") || op.includes("VariableOp") ? inputs[0]! : undefined;
    const previous = touched === undefined ? undefined : this.#last.get(touched);
    const after = touched === undefined ? [] : [...this.#after, ...(previous === undefined ? [] : [previous])];
    const node = this.#builder.add(op, attributes, inputs, { after });
    if (touched !== undefined) this.#last.set(touched, node);
    if (outputCount === 0) this.effects.push(node);
    return outputsOf(node, outputCount);
  }

  scalar(value: number): Edge {
    return this.#builder.scalar(value);
  }
}

export function outputsOf(node: string, count: number): Edge[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? node : `${node}:${index}`));
}
