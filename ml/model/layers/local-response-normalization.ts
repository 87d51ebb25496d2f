import * as tf from "@tensorflow/tfjs";

/** Divides each value by a power of its neighbors' squares over five channels, with AlexNet's numbers. Not in Keras. */
export class LocalResponseNormalization extends tf.layers.Layer {
  static readonly className = "LocalResponseNormalization";

  constructor({ name }: { name: string }) {
    super({ name });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    return inputShape;
  }

  /** @see Krizhevsky, Sutskever and Hinton 2012, section 3.3 */
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0]! : inputs) as tf.Tensor4D; // [batch, height, width, channels]
    return tf.localResponseNormalization(x, 2, 2, 1e-4, 0.75);
  }
}
