import type * as tf from "@tensorflow/tfjs";

/** One attribute of a TensorFlow op, tagged with its kind. */
export type OpAttribute =
  | { type: "float" | "double" | "int32" | "uint8" | "uint16" | "int64" | "bool" | "resource" }
  | { int: number | number[] }
  | { float: number }
  | { bool: boolean }
  | { shape: number[] }
  | { string: string };

export type OpAttributes = Record<string, OpAttribute>;

/**
 * The door to TensorFlow's own ops for layers and losses that tfjs would make of many small ones.
 * Whoever builds a network hands it in, so that this folder does not depend on how TensorFlow is loaded.
 */
export interface NativeOps {
  /** Runs one op of TensorFlow's registry and returns its outputs. Give all attributes that have no default. */
  execute(op: string, attributes: OpAttributes, inputs: tf.Tensor[], outputCount?: number): tf.Tensor[];
  /** Whether a graphics card computes (default: no). TensorFlow refuses some fused ops there, for they would not give equal bits twice. */
  onCard?: boolean;
}
