import * as tf from "@tensorflow/tfjs";

import type { Encoder } from "../encode/schema.ts";
import { InvalidConfiguration } from "../errors.ts";
import { seedFor } from "../random.ts";
import { LayerNames } from "./layer-names.ts";
import { FusedBatchNormalization } from "./layers/fused-batch-normalization.ts";
import { StatelessDropout } from "./layers/stateless-dropout.ts";
import { SumPooling } from "./layers/sum-pooling.ts";
import type { Head } from "./losses.ts";
import type { NativeOps } from "./native-ops.ts";
import type { LayerParameters, ModelParameters } from "./schema.ts";
import { TrainingContext } from "./training-context.ts";

export interface NetworkInput {
  height: number;
  width: number;
  channels: number;
  encoder: Encoder;
  layers: ModelParameters;
  /** The run's seed; each layer draws its first weights from a stream of its own name. */
  seed: number;
  native: NativeOps;
}

/** A network that gives logits; what turns them into probabilities is `head`. */
export interface Network {
  model: tf.LayersModel;
  head: Head;
  outputs: number;
  context: TrainingContext;
  /** All weights in the model's order; `name` is `<layer>/<weight>`, e.g. `conv2d/kernel`. */
  weights: NetworkWeight[];
}

export interface NetworkWeight {
  name: string;
  variable: tf.Variable;
  trainable: boolean;
  /** Factor of the sum of squares in the loss; 0 for none. */
  l2: number;
}

/**
 * Any tfjs layers model that ends with logits, as a network.
 * @param l2 factor of the sum of squared kernel weights, by layer name
 */
export function networkOf(
  model: tf.LayersModel,
  { head, outputs, context, l2 }: Pick<Network, "head" | "outputs" | "context"> & { l2?: ReadonlyMap<string, number> },
): Network {
  const weights = model.layers.flatMap((layer) =>
    layer.weights.map((weight) => ({
      name: `${layer.name}/${weight.originalName.split("/").at(-1)}`,
      variable: weight.read() as tf.Variable,
      trainable: weight.trainable && layer.trainable,
      l2: weight.originalName.endsWith("kernel") ? (l2?.get(layer.name) ?? 0) : 0,
    })),
  );
  return { model, head, outputs, context, weights };
}

/**
 * Builds the layers of a pipeline file. A flatten is put where a dense layer or the head meets a feature map, and a head where none is written.
 *
 * @throws {InvalidConfiguration} if a layer does not fit what comes before it
 */
export function buildNetwork(input: NetworkInput): Network {
  const builder = new NetworkBuilder(input);
  for (const [index, layer] of input.layers.entries()) builder.add(layer, index);
  return builder.finish();
}

class NetworkBuilder {
  readonly #input: NetworkInput;
  readonly #names = new LayerNames();
  readonly #context = new TrainingContext();
  readonly #first: tf.SymbolicTensor;
  readonly #l2 = new Map<string, number>();
  #last: tf.SymbolicTensor;
  #head: { head: Head; outputs: number } | undefined;

  constructor(input: NetworkInput) {
    this.#input = input;
    this.#first = tf.input({ shape: [input.height, input.width, input.channels], name: "input" });
    this.#last = this.#first;
  }

  /** @param index position in the pipeline file, for messages */
  add(layer: LayerParameters, index: number): void {
    const place = `model[${index}] (${JSON.stringify(layer)})`;
    if (this.#head !== undefined) throw new InvalidConfiguration(`${place} comes after the output; the output must be last`);
    try {
      this.#addLayer(layer);
    } catch (error) {
      if (error instanceof InvalidConfiguration) throw error;
      const shape = this.#last.shape.slice(1).join(" × ");
      const reason = error instanceof Error ? error.message : String(error);
      throw new InvalidConfiguration(`${place} does not fit its input of ${shape}: ${reason}`, { cause: error });
    }
    if (this.#last.shape.slice(1).some((length) => length === null || length < 1)) {
      throw new InvalidConfiguration(`${place} leaves no pixels: its output would be ${this.#last.shape.slice(1).join(" × ")}`);
    }
  }

  finish(): Network {
    if (this.#head === undefined) this.#addOutput(this.#input.encoder.encoding === "binary" ? "sigmoid" : "softmax");
    const model = tf.model({ inputs: this.#first, outputs: this.#last });
    return networkOf(model, { ...this.#head!, context: this.#context, l2: this.#l2 });
  }

  #addLayer(layer: LayerParameters): void {
    if (layer === "flatten") this.#apply(tf.layers.flatten({ name: this.#names.next("flatten") }));
    else if (layer === "batchNorm") this.#addBatchNorm();
    else if ("conv" in layer) this.#addConvolutions(layer);
    else if ("pool" in layer) this.#addPooling(layer);
    else if ("dense" in layer) this.#addDense(layer);
    else if ("output" in layer) this.#addOutput(layer.output);
    else this.#addDropout(layer.dropout, layer.name);
  }

  #addConvolutions(layer: Extract<LayerParameters, { conv: number }>): void {
    for (let i = 0; i < layer.repeat; i++) {
      const name = layer.name && layer.repeat > 1 ? `${layer.name}_${i + 1}` : (layer.name ?? this.#names.next("conv2d"));
      this.#l2.set(name, layer.l2);
      this.#apply(
        tf.layers.conv2d({
          name,
          filters: layer.conv,
          kernelSize: layer.kernel,
          strides: layer.stride,
          padding: layer.padding,
          activation: layer.batchNorm ? "linear" : layer.activation,
          useBias: !layer.batchNorm,
          kernelInitializer: this.#initializer(name, layer.activation),
          biasInitializer: "zeros",
        }),
      );
      if (layer.batchNorm) {
        this.#addBatchNorm();
        this.#apply(tf.layers.activation({ activation: layer.activation, name: this.#names.next("activation") }));
      }
    }
    this.#addDropout(layer.dropout);
  }

  #addPooling(layer: Extract<LayerParameters, { pool: string }>): void {
    const options = { poolSize: layer.size, strides: layer.stride ?? layer.size, padding: layer.padding } as const;
    const name = (base: string) => ({ name: layer.name ?? this.#names.next(base) });
    if (layer.pool === "max") this.#apply(tf.layers.maxPooling2d({ ...options, ...name("max_pooling2d") }));
    else if (layer.pool === "average") this.#apply(tf.layers.averagePooling2d({ ...options, ...name("average_pooling2d") }));
    else if (layer.pool === "globalMax") this.#apply(tf.layers.globalMaxPooling2d(name("global_max_pooling2d")));
    else if (layer.pool === "globalAverage") this.#apply(tf.layers.globalAveragePooling2d(name("global_average_pooling2d")));
    else {
      const { size, padding } = layer;
      this.#apply(new SumPooling({ size, stride: layer.stride ?? size, padding, ...name("sum_pooling2d") }));
    }
    this.#addDropout(layer.dropout);
  }

  #addDense(layer: Extract<LayerParameters, { dense: number }>): void {
    this.#flatten();
    const name = layer.name ?? this.#names.next("dense");
    this.#l2.set(name, layer.l2);
    this.#apply(
      tf.layers.dense({
        name,
        units: layer.dense,
        activation: layer.activation,
        kernelInitializer: this.#initializer(name, layer.activation),
        biasInitializer: "zeros",
      }),
    );
    this.#addDropout(layer.dropout);
  }

  /** One unit for two classes coded 0/1 with a sigmoid, else one a class. Units give logits: the loss is computed from them. */
  #addOutput(activation: Head): void {
    this.#flatten();
    const { encoding, classes } = this.#input.encoder;
    const binary = activation === "sigmoid" && encoding === "binary";
    if (encoding === "binary" && classes.length !== 2) {
      throw new InvalidConfiguration(`encode: binary takes two classes; received ${classes.length}: use one-hot or integer`);
    }
    const outputs = binary ? 1 : classes.length;
    const name = this.#names.next("dense");
    const kernelInitializer = this.#initializer(name, "linear");
    this.#apply(tf.layers.dense({ name, units: outputs, kernelInitializer, biasInitializer: "zeros" }));
    this.#head = { head: binary ? "sigmoid" : "softmax", outputs };
  }

  #addDropout(rate: number | undefined, name?: string): void {
    if (rate === undefined) return;
    const { seed, native } = this.#input;
    const own = name ?? this.#names.next("dropout");
    const options = { name: own, rate, seed: seedFor(seed, "dropout", own), context: this.#context, native };
    this.#apply(new StatelessDropout(options));
  }

  #addBatchNorm(): void {
    const name = this.#names.next("batch_normalization");
    this.#apply(new FusedBatchNormalization({ name, context: this.#context, native: this.#input.native }));
  }

  #flatten(): void {
    if (this.#last.shape.length > 2) this.#apply(tf.layers.flatten({ name: this.#names.next("flatten") }));
  }

  /** Keras' default, whatever the activation; LeCun's for selu, which is derived for it. */
  #initializer(layerName: string, activation: string) {
    const seed = seedFor(this.#input.seed, "init", layerName);
    return activation === "selu" ? tf.initializers.leCunNormal({ seed }) : tf.initializers.glorotUniform({ seed });
  }

  #apply(layer: tf.layers.Layer): void {
    this.#last = layer.apply(this.#last) as tf.SymbolicTensor;
  }
}
