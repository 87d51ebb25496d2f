import * as tf from "@tensorflow/tfjs";

import type { DrawKind, DrawLayout } from "../../ml/augment/draw-layout.ts";
import type { AugmentParameters } from "../../ml/augment/schema.ts";
import { executeOp } from "../runtime/node-backend.ts";

/** How images are changed, with the tensors that live as long as the engine. */
export interface AugmentationRecipe {
  parameters: AugmentParameters;
  layout: DrawLayout;
  /** Largest stored value. */
  largest: number;
  /** Standard normal numbers, `noiseTable`; null where no noise is added. */
  noise: tf.Tensor | null;
}

const float = { type: "float" } as const;

/**
 * Changes a batch by what was drawn for each of its images, in Keras' order: moved once, channels shifted, brightness; then what Keras does not have.
 * `AugmentationPreview` computes the same on the CPU.
 *
 * @param images float32 `[rows, height, width, channels]`, in units of the stored integers
 * @param draws float32 `[rows, layout.width]`
 */
export function augmentImages(images: tf.Tensor, draws: tf.Tensor, recipe: AugmentationRecipe): tf.Tensor {
  const numbers = (kind: DrawKind) => columnsOf(draws, kind, recipe.layout);
  const moved = warp(images, numbers("warp"), recipe.parameters);
  const colored = changeColors(moved, numbers, recipe.largest);
  const noisy = addNoise(colored, numbers("noise"), recipe);
  const window = numbers("cutout");
  return window === null ? noisy : fillWindow(noisy, window, tf.scalar(recipe.parameters.cval ?? 0));
}

/**
 * Mixes the first half of a batch with the second.
 * @param draws of the first half
 */
export function mixImages(images: tf.Tensor, partners: tf.Tensor, draws: tf.Tensor, { layout }: AugmentationRecipe): tf.Tensor {
  const mix = columnsOf(draws, "mix", layout)!;
  const share = perImage(tf.slice(mix, [0, 1], [mix.shape[0], 1]), images);
  const blended = tf.add(tf.mul(images, share), tf.mul(partners, tf.sub(tf.scalar(1), share)));
  return fillWindow(blended, tf.slice(mix, [0, 2], [mix.shape[0], 4]), partners);
}

/** @returns each image's share of its own label, `[rows]` */
export function labelShares(draws: tf.Tensor, { layout }: AugmentationRecipe): tf.Tensor {
  const mix = columnsOf(draws, "mix", layout)!;
  return tf.reshape(tf.slice(mix, [0, 0], [mix.shape[0], 1]), [mix.shape[0]]);
}

/** @returns `[rows, size]`, or null where the kind is not switched on */
function columnsOf(draws: tf.Tensor, kind: DrawKind, { columns }: DrawLayout): tf.Tensor | null {
  const column = columns[kind];
  return column === undefined ? null : tf.slice(draws, [0, column.start], [draws.shape[0], column.size]);
}

/** One warp of the whole batch, a matrix an image. */
function warp(images: tf.Tensor, transforms: tf.Tensor | null, parameters: AugmentParameters): tf.Tensor {
  if (transforms === null) return images;
  const { interpolation = "bilinear", fillMode, cval = 0 } = parameters;
  const attributes = {
    dtype: float,
    interpolation: { string: interpolation.toUpperCase() },
    fill_mode: { string: fillMode.toUpperCase() },
  } as const;
  const size = tf.tensor1d(images.shape.slice(1, 3), "int32");
  return executeOp("ImageProjectiveTransformV3", attributes, [images, transforms, size, tf.scalar(cval)])[0]!;
}

function changeColors(images: tf.Tensor, numbers: (kind: DrawKind) => tf.Tensor | null, largest: number): tf.Tensor {
  const [shift, brightness, contrast] = [numbers("channelShift"), numbers("brightness"), numbers("contrast")];
  let result = images;
  if (shift !== null) {
    const [least, most] = [tf.min(result, [1, 2, 3], true), tf.max(result, [1, 2, 3], true)];
    result = tf.minimum(tf.maximum(tf.add(result, perImage(shift, images)), least), most);
  }
  if (brightness !== null) result = clamped(tf.mul(result, perImage(brightness, images)), largest);
  if (contrast !== null) {
    const mean = tf.mean(result, [1, 2], true);
    result = clamped(tf.add(tf.mul(tf.sub(result, mean), perImage(contrast, images)), mean), largest);
  }
  return changeHsv(result, numbers("saturation"), numbers("hue"));
}

/** As tf.image.adjust_saturation and adjust_hue, with a factor and a shift an image. */
function changeHsv(images: tf.Tensor, saturation: tf.Tensor | null, hue: tf.Tensor | null): tf.Tensor {
  if (saturation === null && hue === null) return images;
  const hsv = executeOp("RGBToHSV", { T: float }, [images])[0]!;
  const [h, s, v] = tf.split(hsv, 3, -1) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const turned = hue === null ? h : tf.add(h, perImage(hue, images));
  const saturated = saturation === null ? s : tf.minimum(tf.mul(s, perImage(saturation, images)), tf.scalar(1));
  return executeOp("HSVToRGB", { T: float }, [tf.concat([tf.sub(turned, tf.floor(turned)), saturated, v], -1)])[0]!;
}

/** Each image gets a part of the table of its own, from its start on. */
function addNoise(images: tf.Tensor, starts: tf.Tensor | null, { noise, parameters, largest }: AugmentationRecipe): tf.Tensor {
  if (starts === null || noise === null) return images;
  const values = tf.util.sizeFromShape(images.shape.slice(1));
  const places = tf.add(tf.cast(starts, "int32"), range(values, "int32")); // [rows, values]
  const drawn = tf.reshape(tf.gather(noise, places as tf.Tensor2D), images.shape);
  return clamped(tf.add(images, tf.mul(drawn, tf.scalar((parameters.noise ?? 0) * largest))), largest);
}

/** @param windows top, left, bottom, right, `[rows, 4]` */
function fillWindow(images: tf.Tensor, windows: tf.Tensor, filling: tf.Tensor): tf.Tensor {
  const [rows, height, width] = images.shape as [number, number, number];
  const [top, left, bottom, right] = tf.split(windows, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const vertical = tf.reshape(within(range(height), top, bottom), [rows, height, 1, 1]);
  const horizontal = tf.reshape(within(range(width), left, right), [rows, 1, width, 1]);
  const inside = tf.mul(vertical, horizontal);
  return tf.add(tf.mul(images, tf.sub(tf.scalar(1), inside)), tf.mul(filling, inside));
}

/** @returns 1 where `from` ≤ place < `to`, else 0, `[rows, places]` */
function within(places: tf.Tensor, from: tf.Tensor, to: tf.Tensor): tf.Tensor {
  return tf.cast(tf.logicalAnd(tf.greaterEqual(places, from), tf.less(places, to)), "float32");
}

/** 0, 1, …; by a native op, since numbers made in JavaScript would be data to a recording. */
function range(count: number, type: "float" | "int32" = "float"): tf.Tensor {
  const dtype = type === "float" ? "float32" : "int32";
  const bounds = [0, count, 1].map((value) => tf.scalar(value, dtype));
  return executeOp("Range", { Tidx: { type } }, bounds)[0]!;
}

function perImage(numbers: tf.Tensor, images: tf.Tensor): tf.Tensor {
  return tf.reshape(numbers, [images.shape[0], 1, 1, 1]);
}

function clamped(images: tf.Tensor, largest: number): tf.Tensor {
  return tf.minimum(tf.maximum(images, tf.scalar(0)), tf.scalar(largest));
}
