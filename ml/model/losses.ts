import * as tf from "@tensorflow/tfjs";

import type { NativeOps } from "./native-ops.ts";

/** How logits become probabilities: softmax over classes, or the sigmoid of one logit. */
export type Head = "softmax" | "sigmoid";

/**
 * Cross-entropy of each row, computed from logits: exact where probabilities would round to 0 or 1, and one fused op with its gradient.
 * An output layer with sigmoid units for more than two classes is trained as softmax over its logits, as in Keras.
 *
 * @param logits [rows, outputs]; one output for `sigmoid`
 * @param labels class codes, int32 [rows]; 0 or 1 for `sigmoid`
 * @returns [rows]
 */
export function crossEntropy(head: Head, logits: tf.Tensor, labels: tf.Tensor, native: NativeOps): tf.Tensor {
  return head === "softmax" ? softmaxCrossEntropy(logits, labels, native) : sigmoidCrossEntropy(logits, labels);
}

/** Number of rows whose likeliest class is the label, a float32 scalar; a probability of exactly one half counts as class 0. */
export function countCorrect(head: Head, logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const predicted = head === "softmax" ? tf.argMax(logits, 1) : tf.cast(tf.greater(logits.flatten(), tf.scalar(0)), "int32");
  return tf.sum(tf.cast(tf.equal(predicted, labels), "float32"));
}

function softmaxCrossEntropy(logits: tf.Tensor, labels: tf.Tensor, native: NativeOps): tf.Tensor {
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
function sigmoidCrossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const fused = tf.customGrad((input, save) => {
    const x = (input as tf.Tensor).flatten();
    const z = tf.cast(labels, "float32");
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
