import * as tf from "@tensorflow/tfjs";

import type { LossParameters } from "../train/schema.ts";
import type { NativeOps } from "./native-ops.ts";

/** How logits become probabilities: softmax over classes, or the sigmoid of one logit. */
export type Head = "softmax" | "sigmoid";

/**
 * What training makes small, for each row, computed from logits: exact where probabilities would round to 0 or 1. Plain cross-entropy is one
 * fused op with its gradient. An output layer with sigmoid units for more than two classes is trained as softmax over its logits, as in Keras.
 *
 * @param logits [rows, outputs]; one output for `sigmoid`
 * @param labels class codes, int32 [rows]; 0 or 1 for `sigmoid`
 * @returns [rows]
 * @see Szegedy et al. 2016, "Rethinking the Inception Architecture" (label smoothing); Lin et al. 2017, "Focal Loss for Dense Object Detection"
 */
export function lossOfRows(
  { head, loss = { name: "crossEntropy" } }: { head: Head; loss?: LossParameters | undefined },
  logits: tf.Tensor,
  labels: tf.Tensor,
  native: NativeOps,
): tf.Tensor {
  const { name, labelSmoothing = 0 } = loss;
  if (head === "softmax") {
    if (name === "focal") return softmaxFocal(logits, smoothOneHot(labels, logits.shape[1]!, labelSmoothing, native), loss);
    if (labelSmoothing === 0) return softmaxCrossEntropy(logits, labels, native);
    return denseSoftmaxCrossEntropy(logits, smoothOneHot(labels, logits.shape[1]!, labelSmoothing, native), native);
  }
  const targets = tf.cast(labels, "float32");
  const smooth =
    labelSmoothing === 0 ? targets : tf.add(tf.mul(targets, tf.scalar(1 - labelSmoothing)), tf.scalar(labelSmoothing / 2));
  return name === "focal" ? sigmoidFocal(logits, smooth, loss) : sigmoidCrossEntropy(logits, smooth);
}

/** Number of rows whose likeliest class is the label, a float32 scalar; a probability of exactly one half counts as class 0. */
export function countCorrect(head: Head, logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const predicted = head === "softmax" ? tf.argMax(logits, 1) : tf.cast(tf.greater(logits.flatten(), tf.scalar(0)), "int32");
  return tf.sum(tf.cast(tf.equal(predicted, labels), "float32"));
}

function softmaxCrossEntropy(logits: tf.Tensor, labels: tf.Tensor, native: NativeOps): tf.Tensor {
  if (native.onCard === true) return denseSoftmaxCrossEntropy(logits, smoothOneHot(labels, logits.shape[1]!, 0, native), native);
  const attributes = { T: { type: "float" }, Tlabels: { type: "int32" } } as const;
  const fused = tf.customGrad((input, save) => {
    const inputs = [input as tf.Tensor, labels];
    const [loss, gradient] = native.execute("SparseSoftmaxCrossEntropyWithLogits", attributes, inputs, 2); // [rows], [rows, outputs]
    (save as tf.GradSaveFunc)([gradient!]);
    return { value: loss!, gradFunc: (dy: tf.Tensor, [g]: tf.Tensor[]) => tf.mul(tf.expandDims(dy, 1), g!) };
  });
  return fused(logits);
}

/** max(x, 0) - x·z + log(1 + e^-|x|), which never overflows; its gradient is sigmoid(x) - z. */
function sigmoidCrossEntropy(logits: tf.Tensor, z: tf.Tensor): tf.Tensor {
  const fused = tf.customGrad((input, save) => {
    const x = (input as tf.Tensor).flatten();
    const rest = tf.log1p(tf.exp(tf.neg(tf.abs(x))));
    const value = tf.add(tf.sub(tf.relu(x), tf.mul(x, z)), rest);
    (save as tf.GradSaveFunc)([input as tf.Tensor, z]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, [saved, target]: tf.Tensor[]) =>
        tf.mul(tf.expandDims(dy, 1), tf.sub(tf.sigmoid(saved!), tf.expandDims(target!, 1))),
    };
  });
  return fused(logits);
}

/** [rows, classes]: each label's share, and the rest spread evenly. */
function smoothOneHot(labels: tf.Tensor, classes: number, smoothing: number, native: NativeOps): tf.Tensor {
  const off = smoothing / classes;
  const inputs = [labels, tf.scalar(classes, "int32"), tf.scalar(1 - smoothing + off), tf.scalar(off)];
  return native.execute("OneHot", { T: { type: "float" }, TI: { type: "int32" }, axis: { int: -1 } }, inputs)[0]!;
}

function denseSoftmaxCrossEntropy(logits: tf.Tensor, targets: tf.Tensor, native: NativeOps): tf.Tensor {
  const fused = tf.customGrad((input, save) => {
    const [loss, gradient] = crossEntropyAndGradient(input as tf.Tensor, targets, native);
    (save as tf.GradSaveFunc)([gradient]);
    return { value: loss, gradFunc: (dy: tf.Tensor, [g]: tf.Tensor[]) => tf.mul(tf.expandDims(dy, 1), g!) };
  });
  return fused(logits);
}

/** @param targets [rows, classes], each row's sum 1 @returns [rows], [rows, classes] */
function crossEntropyAndGradient(logits: tf.Tensor, targets: tf.Tensor, native: NativeOps): [tf.Tensor, tf.Tensor] {
  if (native.onCard !== true) {
    const fused = native.execute("SoftmaxCrossEntropyWithLogits", { T: { type: "float" } }, [logits, targets], 2);
    return fused as [tf.Tensor, tf.Tensor];
  }
  const [log] = native.execute("LogSoftmax", { T: { type: "float" } }, [logits]);
  return [tf.neg(tf.sum(tf.mul(targets, log!), 1)), tf.sub(tf.exp(log!), targets)];
}

/** Keras' CategoricalFocalCrossentropy: α (1 - p)^γ · cross-entropy, summed over the classes. */
function softmaxFocal(logits: tf.Tensor, targets: tf.Tensor, { gamma = 2, alpha = 0.25 }: LossParameters): tf.Tensor {
  const log = tf.logSoftmax(logits);
  const weight = tf.mul(tf.pow(tf.sub(tf.scalar(1), tf.exp(log)), tf.scalar(gamma)), tf.scalar(-alpha));
  return tf.sum(tf.mul(tf.mul(targets, weight), log), 1);
}

/** Keras' BinaryFocalCrossentropy; α weighs the positive class, 1 - α the negative, where it is given. */
function sigmoidFocal(logits: tf.Tensor, targets: tf.Tensor, { gamma = 2, alpha }: LossParameters): tf.Tensor {
  const p = tf.sigmoid(logits.flatten());
  const likely = tf.add(tf.mul(targets, p), tf.mul(tf.sub(tf.scalar(1), targets), tf.sub(tf.scalar(1), p)));
  const focused = tf.mul(tf.pow(tf.sub(tf.scalar(1), likely), tf.scalar(gamma)), sigmoidCrossEntropy(logits, targets));
  if (alpha === undefined) return focused;
  return tf.mul(focused, tf.add(tf.mul(targets, tf.scalar(2 * alpha - 1)), tf.scalar(1 - alpha)));
}
