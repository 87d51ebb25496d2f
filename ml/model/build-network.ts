import * as tf from "@tensorflow/tfjs";

import type { Encoder } from "../encode/schema.ts";
import { InvalidConfiguration } from "../errors.ts";
import { addLayer } from "./add-layer.ts";
import { LayerStack } from "./layer-stack.ts";
import type { Head } from "./losses.ts";
import type { NativeOps } from "./native-ops.ts";
import type { LayerParameters, Layers } from "./schema.ts";
import { TrainingContext } from "./training-context.ts";

export interface NetworkInput {
  height: number;
  width: number;
  channels: number;
  encoder: Encoder;
  layers: Layers;
  /** The run's seed; each layer draws its first weights from a stream of its own name. Null leaves them 0, to count and not to compute. */
  seed: number | null;
  native: NativeOps;
  /** Puts a trained base below the layers. @returns another input for the network to begin with, where it is to */
  putBase?: (stack: LayerStack, context: TrainingContext) => tf.SymbolicTensor | void;
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
  /** Factors of the sums of sizes and squares in the loss; 0 for none. */
  l1: number;
  l2: number;
}

/** Factors of the sums of sizes and squares of a layer's kernel weights in the loss. */
export type Penalties = ReadonlyMap<string, { l1: number; l2: number }>;

/**
 * Any tfjs layers model that ends with logits, as a network.
 * @param penalties of kernel weights, by layer name
 */
export function networkOf(
  model: tf.LayersModel,
  { head, outputs, context, penalties }: Pick<Network, "head" | "outputs" | "context"> & { penalties?: Penalties },
): Network {
  const weights = model.layers.flatMap((layer) =>
    layer.weights.map((weight) => ({
      name: `${layer.name}/${weight.originalName.split("/").at(-1)}`,
      variable: weight.read() as tf.Variable,
      trainable: weight.trainable && layer.trainable,
      ...((weight.originalName.endsWith("kernel") ? penalties?.get(layer.name) : undefined) ?? { l1: 0, l2: 0 }),
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
  if (input.putBase) builder.putBase(input.putBase);
  for (const [index, layer] of input.layers.entries()) builder.add(layer, index);
  return builder.finish();
}

class NetworkBuilder {
  readonly #input: NetworkInput;
  readonly #context = new TrainingContext();
  #first: tf.SymbolicTensor;
  readonly #stack: LayerStack;
  #head: { head: Head; outputs: number } | undefined;

  constructor(input: NetworkInput) {
    this.#input = input;
    this.#first = tf.input({ shape: [input.height, input.width, input.channels], name: "input" });
    this.#stack = new LayerStack(this.#first, { seed: input.seed, native: input.native, context: this.#context });
  }

  putBase(put: NonNullable<NetworkInput["putBase"]>): void {
    this.#first = put(this.#stack, this.#context) ?? this.#first;
    this.#stack.names.take(layersBelow(this.#stack.output));
  }

  /** @param index position in the pipeline file, for messages */
  add(layer: LayerParameters, index: number): void {
    const place = `model[${index}] (${JSON.stringify(layer)})`;
    if (this.#head !== undefined) throw new InvalidConfiguration(`${place} comes after the output; the output must be last`);
    try {
      if (typeof layer === "object" && "output" in layer) this.#addOutput(layer.output);
      else addLayer(this.#stack, layer);
    } catch (error) {
      if (error instanceof InvalidConfiguration) throw error;
      const shape = this.#stack.output.shape.slice(1).join(" × ");
      const reason = error instanceof Error ? error.message : String(error);
      throw new InvalidConfiguration(`${place} does not fit its input of ${shape}: ${reason}`, { cause: error });
    }
    const shape = this.#stack.output.shape.slice(1);
    if (shape.some((length) => length === null || length < 1)) {
      throw new InvalidConfiguration(`${place} leaves no pixels: its output would be ${shape.join(" × ")}`);
    }
  }

  finish(): Network {
    if (this.#head === undefined) this.#addOutput(this.#input.encoder.encoding === "binary" ? "sigmoid" : "softmax");
    const model = tf.model({ inputs: this.#first, outputs: this.#stack.output });
    return networkOf(model, { ...this.#head!, context: this.#context, penalties: this.#stack.penalties });
  }

  /** One unit for two classes coded 0/1 with a sigmoid, else one a class. Units give logits: the loss is computed from them. */
  #addOutput(activation: Head): void {
    const { encoding, classes } = this.#input.encoder;
    const binary = activation === "sigmoid" && encoding === "binary";
    if (encoding === "binary" && classes.length !== 2) {
      throw new InvalidConfiguration(`encode: binary takes two classes; received ${classes.length}: use one-hot or integer`);
    }
    const outputs = binary ? 1 : classes.length;
    this.#stack.dense({ units: outputs });
    this.#head = { head: binary ? "sigmoid" : "softmax", outputs };
  }
}

/** Names of the layers that a tensor depends on. */
export function layersBelow(tensor: tf.SymbolicTensor, found = new Set<string>()): Set<string> {
  if (found.has(tensor.sourceLayer.name)) return found;
  found.add(tensor.sourceLayer.name);
  for (const input of tensor.inputs) layersBelow(input, found);
  return found;
}
