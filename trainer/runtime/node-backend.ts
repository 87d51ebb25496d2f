import * as tf from "@tensorflow/tfjs";

import type { NativeOps, OpAttributes, OpAttribute } from "../../ml/model/native-ops.ts";

/** TensorFlow's type numbers (tensorflow/core/framework/types.proto); the same in the C API and in graphs. */
export const dataTypes = {
  float: 1,
  double: 2,
  int32: 3,
  uint8: 4,
  string: 7,
  int64: 9,
  bool: 10,
  uint16: 17,
  resource: 20,
} as const;
export type DataTypeName = keyof typeof dataTypes;

export interface TensorMetadata {
  id: number;
  shape: number[];
  dtype: number;
}

/** An attribute as the addon takes it; `type` is a TF_AttrType number. */
export interface BindingAttribute {
  name: string;
  type: number;
  value: boolean | number | string | number[] | boolean[];
}

export type TensorValues = Float32Array | Int32Array | Uint8Array;

/** The addon's functions this program uses; handles are numbers that are never used twice. */
export interface Binding {
  createTensor(shape: number[], dtype: number, values: TensorValues | Uint8Array[]): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): TensorValues;
  executeOp(op: string, attributes: BindingAttribute[], inputIds: number[], outputCount: number): TensorMetadata[];
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(session: number): void;
  runSavedModel(session: number, inputIds: number[], inputNames: string, outputNames: string): TensorMetadata[];
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;
  TF_Version: string;
}

/** tfjs-node's backend as far as it is used here; the methods are private in its declarations. */
interface Backend {
  binding: Binding;
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
  getInputTensorIds(tensors: tf.TensorInfo[]): number[];
}

export function nodeBackend(): Backend {
  return tf.backend() as unknown as Backend;
}

// Numbers of TF_AttrType (tensorflow/c/tf_attrtype.h), which are what the addon's TF_ATTR_* constants hold.
export const attributeTypes = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 } as const;

/**
 * Runs one TensorFlow op at once. The caller owns the outputs. Doubles, which tfjs has no type for, are int32 tensors to tfjs: only native ops that are
 * told so may take them.
 */
export function executeOp(op: string, attributes: OpAttributes, inputs: tf.TensorInfo[], outputCount = 1): tf.Tensor[] {
  const backend = nodeBackend();
  const ids = backend.getInputTensorIds(inputs);
  const outputs = backend.binding.executeOp(op, bindingAttributes(attributes), ids, outputCount);
  return outputs.map(({ dtype, ...output }) =>
    backend.createOutputTensor({ ...output, dtype: dtype === dataTypes.double ? dataTypes.int32 : dtype }),
  );
}

/** The ops of the loaded TensorFlow, for networks and losses. */
export function nativeOps(): NativeOps {
  return { execute: executeOp, onCard: nodeBackend().binding.isUsingGpuDevice() };
}

export function bindingAttributes(attributes: OpAttributes): BindingAttribute[] {
  return Object.entries(attributes).map(([name, attribute]) => ({ name, ...bindingAttribute(attribute) }));
}

function bindingAttribute(attribute: OpAttribute): { type: number; value: BindingAttribute["value"] } {
  if ("type" in attribute) return { type: attributeTypes.type, value: dataTypes[attribute.type] };
  if ("int" in attribute) return { type: attributeTypes.int, value: attribute.int };
  if ("float" in attribute) return { type: attributeTypes.float, value: attribute.float };
  if ("bool" in attribute) return { type: attributeTypes.bool, value: attribute.bool };
  if ("shape" in attribute) return { type: attributeTypes.shape, value: attribute.shape };
  return { type: attributeTypes.string, value: attribute.string };
}

/**
 * A tensor of bytes, which tfjs has no type for: to tfjs it is an int32 tensor, to TensorFlow a uint8 one.
 * Only native ops that are told so may take it.
 */
export function byteTensor(values: Uint8Array, shape: number[]): tf.Tensor {
  const id = nodeBackend().binding.createTensor(shape, dataTypes.uint8, values);
  return nodeBackend().createOutputTensor({ id, shape, dtype: dataTypes.uint8 });
}
