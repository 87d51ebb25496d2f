import * as tf from "@tensorflow/tfjs";

export interface SumPoolingOptions {
  name: string;
  size: number;
  stride: number;
  padding: "same" | "valid";
}

/** Sums over windows of size × size pixels, each channel on its own. With padding `same`, what stands outside counts as zero. */
export class SumPooling extends tf.layers.Layer {
  static readonly className = "SumPooling2D";
  readonly #options: SumPoolingOptions;

  constructor(options: SumPoolingOptions) {
    super({ name: options.name });
    this.#options = options;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch, height, width, channels] = inputShape as tf.Shape;
    return [batch!, this.#outputSize(height!), this.#outputSize(width!), channels!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0]! : inputs) as tf.Tensor4D; // [batch, height, width, channels]
    const { size, stride, padding } = this.#options;
    return tf.tidy(() => {
      const padded = padding === "valid" ? x : tf.pad(x, [[0, 0], this.#pads(x.shape[1]), this.#pads(x.shape[2]), [0, 0]]);
      return tf.mul(tf.avgPool(padded, size, stride, "valid"), tf.scalar(size * size));
    });
  }

  #outputSize(pixels: number): number {
    const { size, stride, padding } = this.#options;
    return padding === "same" ? Math.ceil(pixels / stride) : Math.floor((pixels - size) / stride) + 1;
  }

  /** TensorFlow's `same`: the odd pixel goes to the end. */
  #pads(pixels: number): [number, number] {
    const { size, stride } = this.#options;
    const total = Math.max((this.#outputSize(pixels) - 1) * stride + size - pixels, 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  }
}
