import { concatenateBytes } from "../../../ml/concatenate.ts";
import {
  floatField,
  bytesField,
  mapEntry,
  messageField,
  packedFloats,
  packedVarints,
  stringField,
  varintField,
} from "../../../ml/protobuf-wire.ts";
import { dataTypes, type DataTypeName } from "../../runtime/node-backend.ts";

/** A constant; where all values are equal, one of them is enough. */
export interface TensorLiteral {
  dtype: number;
  shape: readonly number[];
  values: Float32Array | Int32Array | Uint8Array;
}

/** An attribute of a graph's node; `dtype` is a number of `dataTypes`. */
export type GraphAttribute =
  | { dtype: number }
  | { type: DataTypeName }
  | { int: number | readonly number[] }
  | { float: number | readonly number[] }
  | { bool: boolean | readonly boolean[] }
  | { shape: readonly number[] }
  | { string: string }
  | { tensor: TensorLiteral };

export interface GraphNode {
  name: string;
  op: string;
  /** `node`, `node:output` or, for "runs after", `^node`; the latter come last. */
  inputs: readonly string[];
  attributes: Readonly<Record<string, GraphAttribute>>;
}

export interface TensorInfo {
  /** `node:output`. */
  name: string;
  dtype: number;
  shape: readonly number[];
}

/** What a caller gives and gets by name, e.g. for serving. */
export interface Signature {
  inputs: Record<string, TensorInfo>;
  outputs: Record<string, TensorInfo>;
}

// The producer version decides how old graphs are read; this is TensorFlow 2.16's, which 2.21 reads as its own.
const graphVersion = 1882;

/**
 * The bytes of a `saved_model.pb` with tag `serve`. Field numbers are those of tensorflow/core/protobuf/{saved_model,meta_graph}.proto and
 * tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape}.proto.
 */
export function encodeSavedModel(nodes: readonly GraphNode[], signatures: Record<string, Signature> = {}): Uint8Array {
  const graph = [...nodes.map((node) => messageField(1, encodeNode(node))), messageField(4, [varintField(1, graphVersion)])];
  const metaGraph = [
    messageField(1, [stringField(4, "serve")]),
    messageField(2, graph),
    ...Object.entries(signatures).map(([name, signature]) => mapEntry(5, name, encodeSignature(signature))),
  ];
  return concatenateBytes([varintField(1, 1), messageField(2, metaGraph)]);
}

function encodeNode({ name, op, inputs, attributes }: GraphNode): Uint8Array[] {
  return [
    stringField(1, name),
    stringField(2, op),
    ...inputs.map((input) => stringField(3, input)),
    ...Object.entries(attributes).map(([key, attribute]) => mapEntry(5, key, [encodeAttribute(attribute)])),
  ];
}

function encodeAttribute(attribute: GraphAttribute): Uint8Array {
  if ("dtype" in attribute) return varintField(6, attribute.dtype);
  if ("type" in attribute) return varintField(6, dataTypes[attribute.type]);
  if ("shape" in attribute) return messageField(7, encodeShape(attribute.shape));
  if ("string" in attribute) return stringField(2, attribute.string);
  if ("tensor" in attribute) return messageField(8, encodeTensor(attribute.tensor));
  return encodeNumber(attribute);
}

/** A number, a truth value, or a list of either. */
function encodeNumber(attribute: Extract<GraphAttribute, { int: unknown } | { float: unknown } | { bool: unknown }>): Uint8Array {
  if ("int" in attribute) {
    return typeof attribute.int === "number" ? varintField(3, attribute.int) : messageField(1, [packedVarints(3, attribute.int)]);
  }
  if ("float" in attribute) {
    return typeof attribute.float === "number"
      ? floatField(4, attribute.float)
      : messageField(1, [packedFloats(4, attribute.float)]);
  }
  return typeof attribute.bool === "boolean"
    ? varintField(5, attribute.bool)
    : messageField(1, [packedVarints(5, attribute.bool)]);
}

function encodeShape(shape: readonly number[]): Uint8Array[] {
  return shape.map((size) => messageField(2, [varintField(1, size)]));
}

function encodeTensor({ dtype, shape, values }: TensorLiteral): Uint8Array[] {
  const content = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return [varintField(1, dtype), messageField(2, encodeShape(shape)), encodeContent(dtype, values, content)];
}

/** Equal values are stored once, in the typed field, whose last value TensorFlow repeats. */
function encodeContent(dtype: number, values: TensorLiteral["values"], content: Uint8Array): Uint8Array {
  const [first] = values;
  if (first === undefined || !values.every((value) => value === first)) return bytesField(4, content);
  if (dtype === dataTypes.float) return packedFloats(5, [first]);
  if (dtype === dataTypes.bool) return packedVarints(11, [first]);
  return packedVarints(7, [first]);
}

function encodeSignature({ inputs, outputs }: Signature): Uint8Array[] {
  const entries = (field: number, infos: Record<string, TensorInfo>) =>
    Object.entries(infos).map(([key, info]) =>
      mapEntry(field, key, [stringField(1, info.name), varintField(2, info.dtype), messageField(3, encodeShape(info.shape))]),
    );
  return [...entries(1, inputs), ...entries(2, outputs), stringField(3, "tensorflow/serving/predict")];
}
