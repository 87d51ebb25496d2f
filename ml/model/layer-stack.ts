import * as tf from "@tensorflow/tfjs";

import { seedFor } from "../random.ts";
import { LayerNames } from "./layer-names.ts";
import { FusedBatchNormalization } from "./layers/fused-batch-normalization.ts";
import { LocalResponseNormalization } from "./layers/local-response-normalization.ts";
import { StatelessDropout } from "./layers/stateless-dropout.ts";
import { SumPooling } from "./layers/sum-pooling.ts";
import type { NativeOps } from "./native-ops.ts";
import type { activations } from "./schema.ts";
import type { TrainingContext } from "./training-context.ts";

export type ActivationName = (typeof activations)[number];

export interface ConvolutionOptions {
  /** For a depthwise convolution: of each channel. */
  filters: number;
  /** Pixels of a square, or rows and columns. */
  kernel?: number | readonly [number, number];
  stride?: number;
  padding?: "same" | "valid";
  activation?: ActivationName;
  useBias?: boolean;
  l1?: number | undefined;
  l2?: number;
  name?: string | undefined;
}

export interface PoolOptions {
  kind: "max" | "average" | "sum" | "globalMax" | "globalAverage";
  size?: number;
  stride?: number;
  padding?: "same" | "valid";
  name?: string | undefined;
}

/** Puts layers on top of each other, with Keras' names and one stream of chance a layer; branches go through `output`. */
export class LayerStack {
  readonly names = new LayerNames();
  /** Of kernel weights in the loss, by layer name. */
  readonly penalties = new Map<string, { l1: number; l2: number }>();
  /** What the next layer is put on. */
  output: tf.SymbolicTensor;
  readonly #given: { seed: number | null; native: NativeOps; context: TrainingContext };

  constructor(input: tf.SymbolicTensor, given: { seed: number | null; native: NativeOps; context: TrainingContext }) {
    this.output = input;
    this.#given = given;
  }

  convolution(options: ConvolutionOptions): void {
    const { initializer, filters, ...common } = this.#convolutional("conv2d", options);
    this.#put(tf.layers.conv2d({ ...common, filters, kernelInitializer: initializer() }));
  }

  /** Each channel on its own. */
  depthwiseConvolution(options: ConvolutionOptions): void {
    const { initializer, filters, ...common } = this.#convolutional("depthwise_conv2d", options);
    this.#put(tf.layers.depthwiseConv2d({ ...common, depthMultiplier: filters, depthwiseInitializer: initializer() }));
  }

  /** Each channel on its own, then all by a 1×1 convolution. */
  separableConvolution(options: ConvolutionOptions): void {
    const { initializer, filters, ...common } = this.#convolutional("separable_conv2d", options);
    const initializers = { depthwiseInitializer: initializer("depthwise"), pointwiseInitializer: initializer("pointwise") };
    this.#put(tf.layers.separableConv2d({ ...common, filters, ...initializers }));
  }

  /** Enlarges by its stride. */
  transposedConvolution(options: ConvolutionOptions): void {
    const { initializer, filters, ...common } = this.#convolutional("conv2d_transpose", options);
    this.#put(tf.layers.conv2dTranspose({ ...common, filters, kernelInitializer: initializer() }));
  }

  #convolutional(base: string, { filters, kernel = 3, stride = 1, padding = "same", ...options }: ConvolutionOptions) {
    const { activation = "linear", useBias = true, l1 = 0, l2 = 0 } = options;
    const name = options.name ?? this.names.next(base);
    this.penalties.set(name, { l1, l2 });
    const kernelSize: number | [number, number] = typeof kernel === "number" ? kernel : [...kernel];
    const initializer = (part = "") => this.#initializer(`${name}${part}`, activation);
    return {
      name,
      filters,
      kernelSize,
      strides: [stride, stride] as [number, number],
      padding,
      activation,
      useBias,
      initializer,
    };
  }

  dense(options: {
    units: number;
    activation?: ActivationName;
    l1?: number | undefined;
    l2?: number;
    name?: string | undefined;
  }): void {
    const { units, activation = "linear", l1 = 0, l2 = 0 } = options;
    this.flattenImage();
    const name = options.name ?? this.names.next("dense");
    this.penalties.set(name, { l1, l2 });
    this.#put(tf.layers.dense({ name, units, activation, kernelInitializer: this.#initializer(name, activation) }));
  }

  pool({ kind, size = 2, stride = size, padding = "valid", ...options }: PoolOptions): void {
    const window = { poolSize: size, strides: stride, padding };
    const name = options.name ?? this.names.next(poolNames[kind]);
    if (kind === "max") this.#put(tf.layers.maxPooling2d({ ...window, name }));
    else if (kind === "average") this.#put(tf.layers.averagePooling2d({ ...window, name }));
    else if (kind === "sum") this.#put(new SumPooling({ size, stride, padding, name }));
    else if (kind === "globalMax") this.#put(tf.layers.globalMaxPooling2d({ name }));
    else this.#put(tf.layers.globalAveragePooling2d({ name }));
  }

  dropout(rate: number, name = this.names.next("dropout")): void {
    const { seed, native, context } = this.#given;
    this.#put(new StatelessDropout({ name, rate, seed: seedFor(seed ?? 0, "dropout", name), context, native }));
  }

  /** @param scale whether the normalized values are multiplied by a trained factor */
  batchNormalization(name = this.names.next("batch_normalization"), epsilon = 1e-3, scale = true): void {
    const { native, context } = this.#given;
    this.#put(new FusedBatchNormalization({ name, epsilon, scale, context, native }));
  }

  localResponseNormalization(): void {
    this.#put(new LocalResponseNormalization({ name: this.names.next("local_response_normalization") }));
  }

  activation(activation: ActivationName, name = this.names.next("activation")): void {
    this.#put(tf.layers.activation({ activation, name }));
  }

  flatten(): void {
    this.#put(tf.layers.flatten({ name: this.names.next("flatten") }));
  }

  /** Nothing where it is flat already. */
  flattenImage(): void {
    if (this.output.shape.length > 2) this.flatten();
  }

  /** @param shape without the batch axis */
  reshape(shape: readonly number[], name = this.names.next("reshape")): void {
    this.#put(tf.layers.reshape({ targetShape: [...shape], name }));
  }

  /** Repeats each pixel down and across. */
  upsample(factor: number, name = this.names.next("up_sampling2d")): void {
    this.#put(tf.layers.upSampling2d({ size: [factor, factor], name }));
  }

  /** Zeros around the image. */
  pad(pixels: number, name = this.names.next("zero_padding2d")): void {
    this.#put(tf.layers.zeroPadding2d({ padding: pixels, name }));
  }

  add(branches: tf.SymbolicTensor[], name = this.names.next("add")): void {
    this.output = tf.layers.add({ name }).apply(branches) as tf.SymbolicTensor;
  }

  concatenate(branches: tf.SymbolicTensor[], name = this.names.next("concatenate")): void {
    this.output = tf.layers.concatenate({ name }).apply(branches) as tf.SymbolicTensor;
  }

  /** Keras' default, whatever the activation; LeCun's for selu, which is derived for it. */
  #initializer(layerName: string, activation: ActivationName) {
    if (this.#given.seed === null) return tf.initializers.zeros();
    const seed = seedFor(this.#given.seed, "init", layerName);
    return activation === "selu" ? tf.initializers.leCunNormal({ seed }) : tf.initializers.glorotUniform({ seed });
  }

  #put(layer: tf.layers.Layer): void {
    this.output = layer.apply(this.output) as tf.SymbolicTensor;
  }
}

const poolNames: Record<PoolOptions["kind"], string> = {
  max: "max_pooling2d",
  average: "average_pooling2d",
  sum: "sum_pooling2d",
  globalMax: "global_max_pooling2d",
  globalAverage: "global_average_pooling2d",
};
