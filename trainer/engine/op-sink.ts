import * as tf from "@tensorflow/tfjs";

import type { OpAttributes } from "../../ml/model/native-ops.ts";
import { executeOp } from "../runtime/node-backend.ts";

/**
 * Where what is computed around a network goes: run at once, or written into a graph. A `Value` is a tensor in the one, an edge in the other.
 */
export interface OpSink<Value> {
  execute(op: string, attributes: OpAttributes, inputs: Value[], outputCount?: number): Value[];
  /** A float32 scalar. */
  scalar(value: number): Value;
}

/** Runs ops at once. */
export const eagerSink: OpSink<tf.Tensor> = { execute: executeOp, scalar: (value) => tf.scalar(value) };
