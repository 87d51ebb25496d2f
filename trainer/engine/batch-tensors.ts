import * as tf from "@tensorflow/tfjs";

import { batchTransforms } from "../../ml/augment/batch-transforms.ts";
import { byteTensor } from "../runtime/node-backend.ts";
import type { BatchTensors } from "./compute-gradients.ts";
import type { EngineData, EngineOptions } from "./engine.ts";

/** Reads the rows of one step and puts them on the device. */
export async function readBatch(
  options: EngineOptions,
  rows: Int32Array,
  epoch: number,
  step: number,
): Promise<{ tensors: BatchTensors; dispose(): void }> {
  const { data, augmentation } = options;
  const pixels = await data.read(rows);
  const transforms = augmentation.enabled ? rowTransforms(options, rows, epoch) : null;
  const tensors = {
    pixels: pixelTensor(data, pixels, rows.length),
    labels: tf.tensor1d(labelsOf(data, rows), "int32"),
    transforms: transforms === null ? null : tf.tensor2d(transforms, [rows.length, 8]),
    step: tf.scalar(step, "int32"),
  };
  return { tensors, dispose: () => tf.dispose(Object.values(tensors).filter((tensor) => tensor !== null)) };
}

/** @returns `[rows.length × 8]` */
export function rowTransforms({ data, augmentation }: EngineOptions, rows: Int32Array, epoch: number): Float32Array {
  const ids = Array.from(rows, (row) => data.ids[row]!);
  return batchTransforms(augmentation, epoch, ids, data);
}

export function labelsOf({ labels }: EngineData, rows: Int32Array): Int32Array {
  return rows.map((row) => labels[row]!);
}

/** Pixels as bytes on the device; uint16 gets a last axis of two bytes, which tfjs-node can carry. */
export function pixelTensor(data: EngineData, pixels: Uint8Array | Uint16Array, rowCount: number): tf.Tensor {
  const shape = [rowCount, data.height, data.width, data.channels];
  return byteTensor(pixelBytes(pixels), pixels instanceof Uint8Array ? shape : [...shape, 2]);
}

/** The same memory as bytes, low one first. */
export function pixelBytes(pixels: Uint8Array | Uint16Array): Uint8Array {
  return pixels instanceof Uint8Array ? pixels : new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
}
