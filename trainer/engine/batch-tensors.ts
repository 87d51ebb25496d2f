import * as tf from "@tensorflow/tfjs";

import { concatenate } from "../../ml/concatenate.ts";
import { batchDraws, partnerRow } from "../../ml/augment/batch-draws.ts";
import { drawLayout, mixesImages } from "../../ml/augment/draw-layout.ts";
import { byteTensor } from "../runtime/node-backend.ts";
import type { BatchTensors } from "./compute-gradients.ts";
import type { EngineData, EngineOptions, EpochRequest } from "./engine.ts";
import { bytesEach } from "./engine.ts";

/** Reads the rows of one step, with their partners where images are mixed, and puts them on the device. */
export async function readBatch(
  options: EngineOptions,
  rows: Int32Array,
  epoch: number,
  step: number,
): Promise<{ tensors: BatchTensors; dispose(): void }> {
  const { data, augmentation } = options;
  const pixels = await data.read(rows);
  const tensors = {
    pixels: pixelTensor(data, pixels, rows.length),
    labels: tf.tensor1d(labelsOf(data, rows), "int32"),
    draws: augmentation.enabled ? tf.tensor2d(rowDraws(options, rows, epoch), [rows.length, drawWidth(options)]) : null,
    step: tf.scalar(step, "int32"),
  };
  return { tensors, dispose: () => tf.dispose(Object.values(tensors).filter((tensor) => tensor !== null)) };
}

/** @returns `[rows.length × drawWidth(options)]` */
export function rowDraws({ data, augmentation }: EngineOptions, rows: Int32Array, epoch: number): Float32Array {
  const ids = Array.from(rows, (row) => data.ids[row]!);
  return batchDraws(augmentation, epoch, ids, data);
}

/** Numbers drawn for an image. */
export function drawWidth({ augmentation }: EngineOptions): number {
  return drawLayout(augmentation.parameters).width;
}

/** Rows that are read for one that is trained on: two where images are mixed. */
export function rowsEach({ augmentation }: EngineOptions): 1 | 2 {
  return augmentation.enabled && mixesImages(augmentation.parameters) ? 2 : 1;
}

/** The rows of a step, and where images are mixed each one's partner after all of them. */
export function withPartners(options: EngineOptions, rows: Int32Array, request: EpochRequest): Int32Array {
  if (rowsEach(options) === 1) return rows;
  const { data, augmentation } = options;
  const partners = rows.map((row) => partnerRow(augmentation, request.epoch, data.ids[row]!, request.order, data));
  return concatenate([rows, partners], Int32Array);
}

export function labelsOf({ labels }: EngineData, rows: Int32Array): Int32Array {
  return rows.map((row) => labels[row]!);
}

/** Pixels as bytes on the device, with a last axis where a value has several: tfjs-node can carry these. */
export function pixelTensor(data: EngineData, pixels: Uint8Array | Uint16Array, rowCount: number): tf.Tensor {
  const shape = [rowCount, data.height, data.width, data.channels];
  return byteTensor(pixelBytes(pixels), data.dtype === "uint8" ? shape : [...shape, bytesEach[data.dtype]]);
}

/** The same memory as bytes, low one first. */
export function pixelBytes(pixels: Uint8Array | Uint16Array): Uint8Array {
  return pixels instanceof Uint8Array ? pixels : new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
}
