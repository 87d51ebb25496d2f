import * as tf from "@tensorflow/tfjs";

import type { NativeOps } from "../native-ops.ts";
import type { TrainingContext } from "../training-context.ts";

export interface StatelessDropoutOptions {
  name: string;
  /** Share of values set to zero; the others are divided by 1 - rate. */
  rate: number;
  /** Names this layer's stream of masks. */
  seed: number;
  context: TrainingContext;
  native: NativeOps;
}

/**
 * Dropout whose mask depends on nothing but the layer's seed and the step, so that a resumed training draws the masks it would have drawn.
 * tfjs' own draws each element in JavaScript, and with a seed repeats one mask for ever.
 *
 * @see Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3" (the counter-based generator behind StatelessRandomUniform)
 */
export class StatelessDropout extends tf.layers.Layer {
  static readonly className = "Dropout";
  readonly #options: StatelessDropoutOptions;

  constructor(options: StatelessDropoutOptions) {
    super({ name: options.name, trainable: false });
    this.#options = options;
  }

  /** That of tfjs' and Keras' own layer, for who reads an exported model. */
  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.#options.rate };
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }): tf.Tensor | tf.Tensor[] {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    const { rate } = this.#options;
    if (kwargs.training !== true || rate === 0) return x;
    return tf.tidy(() => tf.mul(x, this.#mask(x.shape)));
  }

  /** Zeros and 1 / (1 - rate), of the given shape. */
  #mask(shape: number[]): tf.Tensor {
    const { context, native, rate, seed } = this.#options;
    if (context.step === null) throw new Error(`Layer ${this.name} was run in training without a step`);
    const key = tf.stack([tf.scalar(seed | 0, "int32"), context.step]); // [2]
    const attributes = { dtype: { type: "float" }, T: { type: "int32" }, Tseed: { type: "int32" } } as const;
    const uniform = native.execute("StatelessRandomUniform", attributes, [tf.tensor1d(shape, "int32"), key])[0]!;
    return tf.mul(tf.cast(tf.greaterEqual(uniform, tf.scalar(rate)), "float32"), tf.scalar(1 / (1 - rate)));
  }
}
