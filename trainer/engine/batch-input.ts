import * as tf from "@tensorflow/tfjs";

import type { Augmentation } from "../../ml/augment/schema.ts";
import { executeOp } from "../runtime/node-backend.ts";
import type { InputRecipe } from "./input-recipe.ts";

/** Keras' guard against images of one color. */
const samplewiseEpsilon = 1e-6;

/**
 * Stored pixels as the network's input: cast, moved, normalized, in this order as in Keras, all on the device.
 *
 * @param pixels uint8 `[rows, height, width, channels]`; for uint16 with a last axis of two bytes, low one first
 * @param transforms `[rows, 8]`, or null for none
 * @returns float32 `[rows, height, width, channels]`
 */
export function networkInput(pixels: tf.Tensor, transforms: tf.Tensor | null, recipe: InputRecipe): tf.Tensor {
  const values = toFloat(pixels, recipe.dtype);
  const moved = transforms === null ? values : warp(values, transforms, recipe.augmentation);
  return normalizeImages(moved, recipe);
}

function toFloat(pixels: tf.Tensor, dtype: InputRecipe["dtype"]): tf.Tensor {
  const attributes = { SrcT: { type: "uint8" }, DstT: { type: "float" }, Truncate: { bool: false } } as const;
  const bytes = executeOp("Cast", attributes, [pixels])[0]!;
  return dtype === "uint8" ? bytes : tf.sum(tf.mul(bytes, tf.tensor1d([1, 256])), -1);
}

/** One warp of the whole batch, a matrix an image; fill values are in units of the stored integers. */
function warp(images: tf.Tensor, transforms: tf.Tensor, { parameters }: Augmentation): tf.Tensor {
  const attributes = {
    dtype: { type: "float" },
    interpolation: { string: "BILINEAR" },
    fill_mode: { string: parameters.fillMode.toUpperCase() },
  } as const;
  const size = tf.tensor1d(images.shape.slice(1, 3), "int32");
  return executeOp("ImageProjectiveTransformV3", attributes, [images, transforms, size, tf.scalar(0)])[0]!;
}

/** `(value - offset) * scale`, then each image by its own mean and deviation where asked for. */
export function normalizeImages(images: tf.Tensor, { offset, scale, samplewise }: InputRecipe): tf.Tensor {
  const centered = offset === null ? images : tf.sub(images, offset);
  const scaled = scale === null ? centered : tf.mul(centered, scale);
  if (!samplewise) return scaled;
  const { mean, variance } = tf.moments(scaled, [1, 2, 3], true);
  return tf.div(tf.sub(scaled, mean), tf.add(tf.sqrt(variance), tf.scalar(samplewiseEpsilon)));
}
