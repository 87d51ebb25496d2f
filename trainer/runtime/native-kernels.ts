import * as tf from "@tensorflow/tfjs";

import { executeOp, nodeBackend } from "./node-backend.ts";

/**
 * Replaces kernels and gradients that tfjs composes of general ops by TensorFlow's own for the same computation.
 * Layers stay as they are; steps get shorter, and a compiled step is fused by TensorFlow as Keras' graphs are.
 */
export function installNativeKernels(): void {
  replaceKernel("Add", biasAdd);
  replaceKernel("Sum", biasAddGradient);
  replaceKernel("BatchMatMul", matMul);
  replaceKernel("_FusedMatMul", fusedMatMul);
  replaceKernel("ExpandDims", expandDims);
  replaceKernel("GatherV2", gather);
  replaceKernel("Conv2DBackpropFilter", pointwiseFilterGradient);
  if (nodeBackend().binding.isUsingGpuDevice()) replaceKernel("ResizeNearestNeighborGrad", upsamplingGradient);
  replaceGradient({
    kernelName: "Relu",
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => executeOp("ReluGrad", { T: { type: "float" } }, [dy as tf.Tensor, y!])[0]! }),
  });
  replaceGradient({
    kernelName: "Tile",
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attributes) => ({ x: () => sumOfTiles(dy as tf.Tensor, x!.shape, attributes["reps"] as number[]) }),
  });
}

function replaceGradient(gradient: tf.GradConfig): void {
  tf.unregisterGradient(gradient.kernelName);
  tf.registerGradient(gradient);
}

/** One sum; tfjs adds slices one by one, thousands of them for a layer normalization. */
function sumOfTiles(dy: tf.Tensor, shape: number[], reps: number[]): tf.Tensor {
  const lengths: number[] = [];
  const tiled: number[] = [];
  for (const [axis, length] of shape.entries()) {
    if (reps[axis]! > 1) tiled.push(lengths.push(reps[axis]!) - 1);
    lengths.push(length);
  }
  return tf.reshape(tf.sum(tf.reshape(dy, lengths), tiled), shape);
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

/**
 * The filter's gradient of a 1×1 convolution with a stride. oneDNN (in TensorFlow 2.21, with AVX-512) writes past the end of its memory
 * there where the batch is odd and channels are few: the process dies sooner or later, or computes with what was overwritten. Such a
 * convolution reads only every n-th pixel, so it is computed from those, without a stride.
 */
function pointwiseFilterGradient({ x, dy }: Inputs, attributes: Attributes): tf.Tensor | undefined {
  const { strides, pad, dataFormat, filterShape } = attributes;
  const [height, width] = filterShape as number[];
  const [down, across] = typeof strides === "number" ? [strides, strides] : (strides as [number, number]);
  if (height !== 1 || width !== 1 || (down === 1 && across === 1)) return undefined;
  if (dataFormat !== "NHWC" || (pad !== "same" && pad !== "valid" && pad !== 0)) return undefined;
  return tf.tidy(() => {
    const read = tf.stridedSlice(x as tf.Tensor4D, [0, 0, 0, 0], x!.shape, [1, down, across, 1]);
    const unstrided = { ...attributes, strides: 1 } as unknown as tf.NamedAttrMap;
    return tf.engine().runKernel<tf.Tensor>("Conv2DBackpropFilter", { x: read, dy: dy! }, unstrided);
  });
}

/**
 * The gradient of images enlarged by whole factors, each pixel the sum over its block. TensorFlow's own on a graphics card would not give equal bits
 * twice, so it refuses to.
 */
export function upsamplingGradient({ images, dy }: Inputs, { alignCorners }: Attributes): tf.Tensor | undefined {
  const [batch, height, width, channels] = images!.shape as [number, number, number, number];
  const [down, across] = [dy!.shape[1]! / height, dy!.shape[2]! / width];
  if (alignCorners === true || !Number.isInteger(down) || !Number.isInteger(across)) return undefined;
  return tf.tidy(() => tf.sum(tf.reshape(dy as tf.Tensor, [batch, height, down, width, across, channels]), [2, 4]));
}

/** A product of two matrices; tfjs gives dense layers a batch axis of one. */
function matMul({ a, b }: Inputs, { transposeA, transposeB }: Attributes): tf.Tensor | undefined {
  const [left, right] = [matrixShape(a!), matrixShape(b!)];
  if (left === undefined || right === undefined) return undefined;
  const batch = a!.shape.slice(0, -2);
  return tf.tidy(() => product(asMatrix(a!, left), asMatrix(b!, right), { transposeA, transposeB }, batch));
}

/** A dense layer without activation; in one piece, so that the bias follows the product directly and is fused with it. */
function fusedMatMul({ a, b, bias }: Inputs, attributes: Attributes): tf.Tensor | undefined {
  const [left, right] = [matrixShape(a!), matrixShape(b!)];
  if (left === undefined || right === undefined || bias?.rank !== 1) return undefined;
  if (attributes["activation"] !== "linear") return undefined;
  const batch = a!.shape.slice(0, -2);
  return tf.tidy(() => product(asMatrix(a!, left), asMatrix(b!, right), attributes, batch, bias));
}

/** The two axes of a matrix whose other axes, if any, are of length one. */
function matrixShape({ shape, dtype, size }: tf.Tensor): [number, number] | undefined {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return dtype === "float32" && shape.length >= 2 && size === rows * columns ? [rows, columns] : undefined;
}

function asMatrix(tensor: tf.Tensor, shape: [number, number]): tf.Tensor {
  return tensor.shape.length === 2 ? tensor : tf.reshape(tensor, shape);
}

function product(a: tf.Tensor, b: tf.Tensor, transpose: Attributes, batch: number[], bias?: tf.Tensor): tf.Tensor {
  const attributes = {
    T: { type: "float" },
    transpose_a: { bool: transpose["transposeA"] === true },
    transpose_b: { bool: transpose["transposeB"] === true },
  } as const;
  const result = executeOp("MatMul", attributes, [a, b])[0]!;
  const shifted = bias === undefined ? result : executeOp("BiasAdd", { T: { type: "float" } }, [result, bias])[0]!;
  return batch.length === 0 ? shifted : tf.reshape(shifted, [...batch, ...shifted.shape]);
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
