import * as tf from "@tensorflow/tfjs";

import type { NativeOps, OpAttributes } from "../native-ops.ts";
import type { TrainingContext } from "../training-context.ts";

export interface FusedBatchNormalizationOptions {
  name: string;
  /** Added to the variance (default: Keras' 1e-3). */
  epsilon?: number;
  /** Whether normalized values are multiplied by a trained factor (default: yes). */
  scale?: boolean;
  context: TrainingContext;
  native: NativeOps;
}

// Keras' defaults.
const momentum = 0.99;
const usualEpsilon = 1e-3;

/**
 * Batch normalization over all axes but the last, by TensorFlow's fused ops, four times cheaper than tfjs' composition.
 * Differs from tfjs' in what it gets wrong: not trainable means inference mode with unchanged moving averages.
 * Moving averages take the batch's biased variance, as Keras 3 does.
 *
 * @see Ioffe and Szegedy 2015, "Batch Normalization"
 */
export class FusedBatchNormalization extends tf.layers.Layer {
  static readonly className = "BatchNormalization";
  readonly #options: FusedBatchNormalizationOptions;
  #gamma: tf.LayerVariable | null = null;
  #beta!: tf.LayerVariable;
  #movingMean!: tf.LayerVariable;
  #movingVariance!: tf.LayerVariable;

  constructor(options: FusedBatchNormalizationOptions) {
    super({ name: options.name });
    this.#options = options;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const channels = lastOf(inputShape);
    const [zeros, ones] = [tf.initializers.zeros(), tf.initializers.ones()];
    if (this.#options.scale !== false) this.#gamma = this.addWeight("gamma", [channels], "float32", ones, undefined, true);
    this.#beta = this.addWeight("beta", [channels], "float32", zeros, undefined, true);
    this.#movingMean = this.addWeight("moving_mean", [channels], "float32", zeros, undefined, false);
    this.#movingVariance = this.addWeight("moving_variance", [channels], "float32", ones, undefined, false);
    this.built = true;
  }

  /** That of tfjs' and Keras' own layer, for who reads an exported model. */
  override getConfig(): tf.serialization.ConfigDict {
    const { epsilon = usualEpsilon, scale = true } = this.#options;
    return { ...super.getConfig(), axis: -1, momentum, epsilon, center: true, scale };
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }): tf.Tensor | tf.Tensor[] {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    return tf.tidy(() => {
      const image = x.rank === 4 ? x : x.reshape([-1, 1, 1, x.shape.at(-1)!]); // [batch, height, width, channels]
      const y = kwargs.training === true && this.trainable ? this.#byBatch(image) : this.#byMovingAverages(image);
      return x.rank === 4 ? y : y.reshape(x.shape);
    });
  }

  #byMovingAverages(image: tf.Tensor): tf.Tensor {
    const [mean, variance] = [this.#movingMean.read(), this.#movingVariance.read()] as tf.Tensor1D[];
    return tf.batchNorm4d(
      image as tf.Tensor4D,
      mean!,
      variance!,
      this.#beta.read() as tf.Tensor1D,
      this.#factor() as tf.Tensor1D,
      this.#options.epsilon ?? usualEpsilon,
    );
  }

  #byBatch(image: tf.Tensor): tf.Tensor {
    const { native, epsilon = usualEpsilon } = this.#options;
    const attributes: OpAttributes = { ...fusedAttributes, epsilon: { float: epsilon } };
    const normalize = tf.customGrad((x, gamma, beta, save) => {
      const [input, scale, offset, keep] = [x, gamma, beta, save] as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
      const none = tf.tensor1d([], "float32");
      const training = { ...attributes, exponential_avg_factor: { float: 1 } };
      const outputs = native.execute("FusedBatchNormV3", training, [input, scale, offset, none, none], 6);
      const [value, mean, variance, ...reserved] = outputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      this.#moveAverages(mean, variance, input.size / input.shape.at(-1)!);
      keep([input, scale, ...reserved]);
      return {
        value,
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
          native.execute("FusedBatchNormGradV3", attributes, [dy, ...saved], 5).slice(0, 3),
      };
    });
    return normalize(image, this.#factor(), this.#beta.read());
  }

  #factor(): tf.Tensor {
    return this.#gamma?.read() ?? tf.ones(this.#beta.shape as number[]);
  }

  /** @param unbiased batch variance with Bessel's correction, as the fused op gives it */
  #moveAverages(mean: tf.Tensor, unbiased: tf.Tensor, values: number): void {
    const count = tf.scalar(values); // computed with on the device, so that a recorded step holds for any batch size
    const variance = tf.mul(unbiased, tf.div(tf.sub(count, tf.scalar(1)), count));
    const move = (average: tf.LayerVariable, batch: tf.Tensor) =>
      this.#options.context.update(
        average.read() as tf.Variable,
        tf.add(tf.mul(average.read(), tf.scalar(momentum)), tf.mul(batch, tf.scalar(1 - momentum))),
      );
    move(this.#movingMean, mean);
    move(this.#movingVariance, variance);
  }
}

const fusedAttributes: OpAttributes = {
  T: { type: "float" },
  U: { type: "float" },
  data_format: { string: "NHWC" },
  is_training: { bool: true },
};

function lastOf(shape: tf.Shape | tf.Shape[]): number {
  return (shape as tf.Shape).at(-1) as number;
}
