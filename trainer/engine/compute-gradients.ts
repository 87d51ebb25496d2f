import * as tf from "@tensorflow/tfjs";

import type { Network, NetworkWeight } from "../../ml/model/build-network.ts";
import { countCorrect, lossOfRows } from "../../ml/model/losses.ts";
import { executeOp, nativeOps } from "../runtime/node-backend.ts";
import { labelShares } from "./augment-images.ts";
import { halves, networkInput } from "./batch-input.ts";
import type { InputRecipe } from "./input-recipe.ts";
import { ownLossOfRows } from "./own-parts.ts";

/** What one step is given, on the device; where images are mixed, the partner of each stands after all of them. */
export interface BatchTensors {
  pixels: tf.Tensor;
  /** int32 `[rows]`. */
  labels: tf.Tensor;
  /** float32 `[rows, numbers]`, or null without augmentation. */
  draws: tf.Tensor | null;
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
      const input = networkInput(batch.pixels, batch.draws, recipe);
      const targets = mixedLabels(batch, recipe);
      const held: { correct?: tf.Tensor } = {};
      const { value, grads } = tf.variableGrads(
        () => {
          const logits = network.model.apply(input, { training: true }) as tf.Tensor; // [rows, outputs]
          held.correct = tf.keep(countCorrect(network.head, logits, targets.likelier));
          return addRegularization(meanLoss(network, logits, targets, recipe), trainable);
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

/** What a batch is trained towards, `[rows]` each. */
interface Targets {
  own: tf.Tensor;
  /** Of the image mixed in, and what share of the loss the own label has; null where images are not mixed. */
  mixed: { partner: tf.Tensor; share: tf.Tensor } | null;
  /** The label with the larger share. */
  likelier: tf.Tensor;
}

function mixedLabels({ labels, draws }: BatchTensors, { augmentation }: InputRecipe): Targets {
  if (draws === null || augmentation?.layout.columns.mix === undefined) return { own: labels, mixed: null, likelier: labels };
  const [own, partner] = halves(labels);
  const share = labelShares(halves(draws)[0], augmentation);
  const isOwn = tf.cast(tf.greaterEqual(share, tf.scalar(0.5)), "int32");
  const likelier = tf.add(tf.mul(own, isOwn), tf.mul(partner, tf.sub(tf.scalar(1, "int32"), isOwn)));
  return { own, mixed: { partner, share }, likelier };
}

/** Losses of both labels by their shares, which for cross-entropy is the loss of the mixed label. */
function meanLoss({ head }: Network, logits: tf.Tensor, { own, mixed }: Targets, recipe: InputRecipe): tf.Scalar {
  const { classWeights: weights, loss, ownLoss } = recipe;
  const lossesOf = (labels: tf.Tensor) => {
    const losses = ownLoss
      ? ownLossOfRows(ownLoss, head, logits, labels)
      : lossOfRows({ head, loss }, logits, labels, nativeOps()); // [rows]
    return weights === null ? losses : tf.mul(losses, tf.gather(weights, labels));
  };
  if (mixed === null) return tf.mean(lossesOf(own));
  const { partner, share } = mixed;
  return tf.mean(tf.add(tf.mul(lossesOf(own), share), tf.mul(lossesOf(partner), tf.sub(tf.scalar(1), share))));
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
