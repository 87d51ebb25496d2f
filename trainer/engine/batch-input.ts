import * as tf from "@tensorflow/tfjs";

import { executeOp } from "../runtime/node-backend.ts";
import { augmentImages, mixImages, type AugmentationRecipe } from "./augment-images.ts";
import type { InputRecipe } from "./input-recipe.ts";

/** Keras' guard against images of one color. */
const samplewiseEpsilon = 1e-6;

/**
 * Stored pixels as the network's input: cast, augmented, normalized, in this order as in Keras, all on the device.
 *
 * @param pixels uint8 `[rows, height, width, channels]`; with a last axis of two bytes for uint16, of four for float32, low one first
 * @param draws `[rows, numbers]`, or null to leave the images as they are
 * @returns float32 `[rows, height, width, channels]`; half the rows where images are mixed
 */
export function networkInput(pixels: tf.Tensor, draws: tf.Tensor | null, recipe: InputRecipe): tf.Tensor {
  const values = toFloat(pixels, recipe.dtype);
  const { augmentation } = recipe;
  return normalizeImages(draws === null || augmentation === null ? values : augmented(values, draws, augmentation), recipe);
}

function augmented(values: tf.Tensor, draws: tf.Tensor, augmentation: AugmentationRecipe): tf.Tensor {
  const images = augmentImages(values, draws, augmentation);
  if (augmentation.layout.columns.mix === undefined) return images;
  const [own, partners] = halves(images);
  return mixImages(own, partners, halves(draws)[0], augmentation);
}

/** Both halves of the rows. */
export function halves(tensor: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const [rows, ...row] = tensor.shape as [number, ...number[]];
  const rest = row.map(() => 0);
  const half = (from: number) => tf.slice(tensor, [from, ...rest], [rows / 2, ...row]);
  return [half(0), half(rows / 2)];
}

function toFloat(pixels: tf.Tensor, dtype: InputRecipe["dtype"]): tf.Tensor {
  if (dtype === "float32") return executeOp("Bitcast", { T: { type: "uint8" }, type: { type: "float" } }, [pixels])[0]!;
  const attributes = { SrcT: { type: "uint8" }, DstT: { type: "float" }, Truncate: { bool: false } } as const;
  const bytes = executeOp("Cast", attributes, [pixels])[0]!;
  return dtype === "uint8" ? bytes : tf.sum(tf.mul(bytes, tf.tensor1d([1, 256])), -1);
}

/** `(value - offset) * scale`, then each image by its own mean and deviation, or all its values by a matrix, where asked for. */
export function normalizeImages(images: tf.Tensor, { offset, scale, samplewise, whitening }: InputRecipe): tf.Tensor {
  const centered = offset === null ? images : tf.sub(images, offset);
  const scaled = scale === null ? centered : tf.mul(centered, scale);
  if (whitening !== null) return whitened(scaled, whitening);
  if (samplewise === "none") return scaled;
  const { mean, variance } = tf.moments(scaled, [1, 2, 3], true);
  const own = tf.sub(scaled, mean);
  return samplewise === "center" ? own : tf.div(own, tf.add(tf.sqrt(variance), tf.scalar(samplewiseEpsilon)));
}

function whitened(images: tf.Tensor, whitening: tf.Tensor2D): tf.Tensor {
  const flat = tf.reshape<tf.Rank.R2>(images, [images.shape[0], whitening.shape[0]]);
  return tf.reshape(tf.matMul(flat, whitening), images.shape);
}
