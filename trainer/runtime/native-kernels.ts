import * as tf from "@tensorflow/tfjs";

import { executeOp } from "./node-backend.ts";

/**
 * Replaces kernels and gradients that tfjs composes of general ops by TensorFlow's own for the same computation.
 * Layers stay as they are; steps get shorter, and a compiled step is fused by TensorFlow as Keras' graphs are.
 */
export function installNativeKernels(): void {
  replaceKernel("Add", biasAdd);
  replaceKernel("Sum", biasAddGradient);
  replaceKernel("BatchMatMul", matMul);
  replaceKernel("ExpandDims", expandDims);
  replaceKernel("GatherV2", gather);
  tf.unregisterGradient("Relu");
  tf.registerGradient({
    kernelName: "Relu",
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => executeOp("ReluGrad", { T: { type: "float" } }, [dy as tf.Tensor, y!])[0]! }),
  });
}

type Inputs = Record<string, tf.Tensor>;
type Attributes = Record<string, unknown>;

/** Computes one special case natively, or returns undefined to leave it to tfjs' kernel. */
type SpecialCase = (inputs: Inputs, attributes: Attributes) => tf.Tensor | undefined;

function replaceKernel(kernelName: string, special: SpecialCase): void {
  const original = tf.getKernel(kernelName, "tensorflow");
  tf.unregisterKernel(kernelName, "tensorflow");
  tf.registerKernel({
    ...original,
    kernelFunc: (call) => special(call.inputs as unknown as Inputs, call.attrs ?? {}) ?? original.kernelFunc(call),
  });
}

/** A vector added along the last axis: TensorFlow fuses BiasAdd into the convolution or product before it, but not AddV2. */
function biasAdd({ a, b }: Inputs): tf.Tensor | undefined {
  if (a!.dtype !== "float32" || b!.dtype !== "float32" || b!.rank !== 1 || a!.rank < 2) return undefined;
  if (a!.shape.at(-1) !== b!.shape[0]) return undefined;
  return executeOp("BiasAdd", { T: { type: "float" } }, [a!, b!])[0];
}

/** A sum over all axes but the last is a bias' gradient. */
function biasAddGradient({ x }: Inputs, { axis, keepDims }: Attributes): tf.Tensor | undefined {
  if (x!.dtype !== "float32" || x!.rank < 2 || keepDims === true) return undefined;
  const axes = tf.util.parseAxisParam(axis as number | number[], x!.shape);
  if (axes.length !== x!.rank - 1 || axes.includes(x!.rank - 1)) return undefined;
  return executeOp("BiasAddGrad", { T: { type: "float" } }, [x!])[0];
}

/** A product of two matrices without batch axes. */
function matMul({ a, b }: Inputs, { transposeA, transposeB }: Attributes): tf.Tensor | undefined {
  if (a!.shape.length !== 2 || b!.shape.length !== 2 || a!.dtype !== "float32" || b!.dtype !== "float32") return undefined;
  const attributes = {
    T: { type: "float" },
    transpose_a: { bool: transposeA === true },
    transpose_b: { bool: transposeB === true },
  } as const;
  return executeOp("MatMul", attributes, [a!, b!])[0];
}

/** tfjs-node leaves the type to be inferred, which graphs do not do. */
function expandDims({ input }: Inputs, { dim }: Attributes): tf.Tensor | undefined {
  const type = typeName(input!);
  if (type === undefined) return undefined;
  return withAxis(dim, (axis) => executeOp("ExpandDims", { T: { type }, Tdim: { type: "int32" } }, [input!, axis])[0]);
}

/** tfjs-node reads the indices back to check them; TensorFlow checks them itself. */
function gather({ x, indices }: Inputs, { axis, batchDims }: Attributes): tf.Tensor | undefined {
  const type = typeName(x!);
  if (type === undefined || indices!.dtype !== "int32") return undefined;
  const attributes = {
    Tparams: { type },
    Tindices: { type: "int32" },
    Taxis: { type: "int32" },
    batch_dims: { int: Number(batchDims) },
  } as const;
  return withAxis(axis, (position) => executeOp("GatherV2", attributes, [x!, indices!, position])[0]);
}

function withAxis<T>(axis: unknown, use: (axis: tf.Tensor) => T): T {
  const scalar = tf.scalar(Number(axis), "int32");
  const result = use(scalar);
  scalar.dispose();
  return result;
}

function typeName({ dtype }: tf.Tensor): "float" | "int32" | "bool" | undefined {
  return ({ float32: "float", int32: "int32", bool: "bool" } as const)[dtype as "float32"];
}
