import * as tf from "@tensorflow/tfjs";

import { drawLayout } from "../../ml/augment/draw-layout.ts";
import { noiseTable } from "../../ml/augment/noise-table.ts";
import { isModule } from "../../ml/module/schema.ts";
import type { LossParameters } from "../../ml/train/schema.ts";
import { classWeights } from "../../ml/train/class-weights.ts";
import type { AugmentationRecipe } from "./augment-images.ts";
import type { EngineData, EngineOptions } from "./engine.ts";
import type { OwnParts } from "./own-parts.ts";

/** How stored pixels become the network's input and labels their weights; its tensors live as long as the engine. */
export interface InputRecipe {
  dtype: EngineData["dtype"];
  /** Whether each image's own mean is taken off, and what is left divided by its own deviation. */
  samplewise: "none" | "center" | "standardize";
  /** Null where there is none. */
  augmentation: AugmentationRecipe | null;
  /** Cross-entropy where absent. */
  loss: LossParameters | undefined;
  /** Stands above `loss`. */
  ownLoss: OwnParts["loss"];
  /** `(value - offset) * scale`; null where it changes nothing. Broadcast to `[rows, height, width, channels]`. */
  offset: tf.Tensor | null;
  scale: tf.Tensor | null;
  /** What flattened images are multiplied by, `[values, values]`; null where by nothing. */
  whitening: tf.Tensor2D | null;
  /** `[classes]`, or null for all 1. */
  classWeights: tf.Tensor | null;
  /** All of the above that are not null. */
  constants: tf.Tensor[];
}

export function inputRecipe(options: EngineOptions): InputRecipe {
  const { data, normalizer, whitening, train, encoder, own } = options;
  const image = [data.height, data.width, data.channels];
  const valueCount = tf.util.sizeFromShape(image);
  const tensor = (values: number[], neutral: number) =>
    values.every((value) => value === neutral)
      ? null
      : tf.tensor(values, values.length === valueCount ? image : [values.length], "float32");
  const { method, deviation = true } = normalizer;
  const weights = classWeights(train.classWeights, encoder.trainCounts, encoder.classes);
  const tensors = {
    offset: tensor(normalizer.offset, 0),
    scale: tensor(normalizer.scale, 1),
    whitening: method === "zca" ? tf.tensor2d(given(whitening), [valueCount, valueCount]) : null,
    classWeights: weights === null ? null : tf.tensor1d(weights),
  };
  const augmentation = augmentationRecipe(options);
  return {
    dtype: data.dtype,
    samplewise: method !== "samplewise" ? "none" : deviation ? "standardize" : "center",
    augmentation,
    loss: isModule(train.loss) ? undefined : train.loss,
    ownLoss: own?.loss,
    ...tensors,
    constants: [...Object.values(tensors), augmentation?.noise ?? null].filter((value) => value !== null),
  };
}

function given(whitening: EngineOptions["whitening"]): Float32Array {
  if (!whitening) throw new Error("a normalizer that whitens comes with its matrix");
  return whitening;
}

function augmentationRecipe({ augmentation, data }: EngineOptions): AugmentationRecipe | null {
  const { enabled, parameters, seed } = augmentation;
  if (!enabled) return null;
  const layout = drawLayout(parameters);
  const isNoisy = layout.columns.noise !== undefined;
  return {
    parameters,
    layout,
    largest: data.dtype === "uint8" ? 255 : 65_535,
    noise: isNoisy ? tf.tensor1d(noiseTable(seed, data.height * data.width * data.channels)) : null,
  };
}
