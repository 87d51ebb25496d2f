import * as tf from "@tensorflow/tfjs";

import type { NetworkWeight } from "../../../ml/model/build-network.ts";
import { byteTensor } from "../../runtime/node-backend.ts";
import { networkInput, normalizeImages } from "../batch-input.ts";
import { drawWidth, rowsEach } from "../batch-tensors.ts";
import { computeGradients } from "../compute-gradients.ts";
import type { EngineContext } from "../engine-context.ts";
import { bytesEach } from "../engine.ts";
import type { Recorded } from "./any-batch-size.ts";
import { record, tensorId } from "./recorder.ts";
import { shortenGradients } from "./shorten-gradients.ts";

/** What stands for a step's inputs in a recording, by tensor number. */
export interface InputIds {
  pixels: number;
  labels: number;
  /** Null without augmentation. */
  draws: number | null;
  step: number;
}

/** One training step up to its gradients, recorded. */
export interface RecordedStep extends Recorded {
  inputs: InputIds;
  loss: number;
  correct: number;
  gradients: { weight: NetworkWeight; id: number }[];
  updates: { weight: NetworkWeight; id: number }[];
}

/** A network's outputs for one batch, recorded. */
export interface RecordedLogits extends Recorded {
  pixels: number;
  logits: number;
}

/**
 * Runs one training step on empty images and records it. No weight is changed.
 * @throws {NotCompilable} if a step of this network cannot be written as a graph
 */
export function recordStep(context: EngineContext, batchSize: number): RecordedStep {
  const { network, recipe, options } = context;
  const rowsRead = batchSize * rowsEach(options);
  const batch = {
    pixels: emptyPixels(context, rowsRead),
    labels: tf.zeros([rowsRead], "int32"),
    draws: options.augmentation.enabled ? tf.zeros([rowsRead, drawWidth(options)]) : null,
    step: tf.scalar(0, "int32"),
  };
  const inputs = {
    pixels: tensorId(batch.pixels),
    labels: tensorId(batch.labels),
    draws: batch.draws === null ? null : tensorId(batch.draws),
    step: tensorId(batch.step),
  };
  const known = [...Object.values(inputs).filter((id) => id !== null), ...contextIds(context)];
  const weightOf = new Map(network.weights.map((weight) => [weight.variable, weight]));
  const { result, recording } = record(new Set(known), () => {
    const step = computeGradients(network, batch, recipe);
    const ids = {
      loss: tensorId(step.loss),
      correct: tensorId(step.correct),
      gradients: step.gradients.map(({ weight, value }) => ({ weight, id: tensorId(value) })),
      updates: step.updates.map(({ variable, value }) => ({ weight: weightOf.get(variable)!, id: tensorId(value) })),
    };
    tf.dispose([step.loss, step.correct, step.gradients.map(({ value }) => value), step.updates.map(({ value }) => value)]);
    return ids;
  });
  tf.dispose(Object.values(batch).filter((tensor) => tensor !== null));
  const wanted = [result.loss, result.correct, ...[...result.gradients, ...result.updates].map(({ id }) => id)];
  return { recording: shortenGradients(recording, wanted), batchSize, inputs, wanted, ...result };
}

/** @throws {NotCompilable} if the network's outputs cannot be written as a graph */
export function recordLogits(context: EngineContext, batchSize: number): RecordedLogits {
  const pixels = emptyPixels(context, batchSize);
  return recordForward(context, pixels, batchSize, () => networkInput(pixels, null, context.recipe));
}

/** As `recordLogits`, for pixels that are given as float32. */
export function recordFloatLogits(context: EngineContext, batchSize: number): RecordedLogits {
  const { height, width, channels } = context.options.data;
  const images = tf.zeros([batchSize, height, width, channels]);
  return recordForward(context, images, batchSize, () => normalizeImages(images, context.recipe));
}

/** @param images disposed of here */
function recordForward(context: EngineContext, images: tf.Tensor, batchSize: number, input: () => tf.Tensor): RecordedLogits {
  const pixels = tensorId(images);
  const { result, recording } = record(new Set([pixels, ...contextIds(context)]), () => {
    const logits = tf.tidy(() => context.network.model.apply(input(), { training: false }) as tf.Tensor);
    const id = tensorId(logits);
    logits.dispose();
    return id;
  });
  images.dispose();
  return { recording, batchSize, pixels, logits: result, wanted: [result] };
}

function contextIds({ network, recipe }: EngineContext): number[] {
  return [...network.weights.map(({ variable }) => tensorId(variable)), ...recipe.constants.map((tensor) => tensorId(tensor))];
}

function emptyPixels({ options }: EngineContext, rows: number): tf.Tensor {
  const shape = pixelShape(options.data, rows);
  return byteTensor(new Uint8Array(tf.util.sizeFromShape(shape)), shape);
}

/** Of pixels as bytes: values of several have a last axis of these. */
export function pixelShape(data: EngineContext["options"]["data"], rows: number): number[] {
  return [rows, data.height, data.width, data.channels, ...(data.dtype === "uint8" ? [] : [bytesEach[data.dtype]])];
}
