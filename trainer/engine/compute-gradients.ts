import * as tf from "@tensorflow/tfjs";

import type { Network, NetworkWeight } from "../../ml/model/build-network.ts";
import { countCorrect, lossOfRows } from "../../ml/model/losses.ts";
import { executeOp } from "../runtime/node-backend.ts";
import { networkInput } from "./batch-input.ts";
import type { InputRecipe } from "./input-recipe.ts";
import { ownLossOfRows } from "./own-parts.ts";

/** What one step is given, on the device. */
export interface BatchTensors {
  pixels: tf.Tensor;
  /** int32 `[rows]`. */
  labels: tf.Tensor;
  /** float32 `[rows, 8]`, or null without augmentation. */
  transforms: tf.Tensor | null;
  /** int32 scalar: optimizer steps taken before this one. */
  step: tf.Tensor;
}

/** What one step computes before the optimizer; the caller owns all tensors. */
export interface StepGradients {
  /** Mean loss of the batch with class weights and L2, as Keras reports it. */
  loss: tf.Tensor;
  /** Rows classified correctly, float32. */
  correct: tf.Tensor;
  gradients: { weight: NetworkWeight; value: tf.Tensor }[];
  /** New values of weights that no gradient moves, such as moving averages. */
  updates: { variable: tf.Variable; value: tf.Tensor }[];
}

/**
 * Runs a network forward and backward over one batch with tfjs' own gradients. Nothing is read back to JavaScript,
 * so the ops it runs can be recorded and run again as a graph.
 */
export function computeGradients(network: Network, batch: BatchTensors, recipe: InputRecipe): StepGradients {
  const trainable = network.weights.filter((weight) => weight.trainable);
  network.context.step = batch.step;
  try {
    const { loss, correct, byName } = tf.tidy(() => {
      const input = networkInput(batch.pixels, batch.transforms, recipe);
      const held: { correct?: tf.Tensor } = {};
      const { value, grads } = tf.variableGrads(
        () => {
          const logits = network.model.apply(input, { training: true }) as tf.Tensor; // [rows, outputs]
          held.correct = tf.keep(countCorrect(network.head, logits, batch.labels));
          return addRegularization(meanLoss(network, logits, batch.labels, recipe), trainable);
        },
        trainable.map((weight) => weight.variable),
      );
      return { loss: value, correct: held.correct!, byName: grads };
    });
    const gradients = trainable.map((weight) => ({ weight, value: byName[weight.variable.name]! }));
    return { loss, correct, gradients, updates: network.context.takeUpdates() };
  } finally {
    network.context.step = null;
  }
}

function meanLoss(
  { head }: Network,
  logits: tf.Tensor,
  labels: tf.Tensor,
  { classWeights: weights, loss, ownLoss }: InputRecipe,
): tf.Scalar {
  const losses = ownLoss
    ? ownLossOfRows(ownLoss, head, logits, labels)
    : lossOfRows({ head, loss }, logits, labels, { execute: executeOp }); // [rows]
  return tf.mean(weights === null ? losses : tf.mul(losses, tf.gather(weights, labels)));
}

function addRegularization(loss: tf.Scalar, weights: NetworkWeight[]): tf.Scalar {
  const penalties = weights.flatMap(({ variable, l1, l2 }) => [
    ...(l1 > 0 ? [tf.mul(sumOfSizes(variable), tf.scalar(l1))] : []),
    ...(l2 > 0 ? [tf.mul(sumOfSquares(variable), tf.scalar(l2))] : []),
  ]);
  return penalties.reduce<tf.Scalar>((sum, penalty) => tf.add(sum, penalty), loss);
}

/** tfjs takes -1 as the gradient at 0; Keras takes 0. */
function sumOfSizes(variable: tf.Variable): tf.Tensor {
  const fused = tf.customGrad((x, save) => {
    const input = x as tf.Tensor;
    (save as tf.GradSaveFunc)([input]);
    return {
      value: tf.sum(tf.abs(input)),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(executeOp("Sign", { T: { type: "float" } }, [saved!])[0]!, dy),
    };
  });
  return fused(variable);
}

/** One fused op, and one for its gradient. */
function sumOfSquares(variable: tf.Variable): tf.Tensor {
  const fused = tf.customGrad((x, save) => {
    const input = x as tf.Tensor;
    (save as tf.GradSaveFunc)([input]);
    const half = executeOp("L2Loss", { T: { type: "float" } }, [input])[0]!;
    return {
      value: tf.mul(half, tf.scalar(2)),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(saved!, tf.mul(dy, tf.scalar(2))),
    };
  });
  return fused(variable);
}
