import type * as tf from "@tensorflow/tfjs";

import type { CheckFacts, Finding } from "../check/rule.ts";
import type { Severity } from "../check/schema.ts";
import type { LayerStack } from "../model/layer-stack.ts";
import type { Head } from "../model/losses.ts";
import type { Score } from "../train/schema.ts";

/** What convoy takes modules for; a pipeline file says where each kind may stand. */
export const moduleKinds = ["model", "loss", "callback", "rule", "reader"] as const;
export type ModuleKind = (typeof moduleKinds)[number];

/** What a model is built on and for. */
export interface ModelInput {
  /** Images `[height, width, channels]`, normalized as the pipeline file says. */
  input: tf.SymbolicTensor;
  /** convoy's layers, stacked upon `input`: seeded, with Keras' defaults and names. Their `output` goes on. */
  layers: LayerStack;
  height: number;
  width: number;
  channels: number;
  classes: readonly string[];
  /** Units of the last layer: one a class, or one for two classes under `encode: binary`. */
  outputs: number;
  head: Head;
}

export interface ModelDefinition {
  /**
   * Puts layers on the input, of convoy's or of tfjs'. Dropout and batch normalization must be convoy's. Chance that tfjs draws meanwhile
   * follows the run's seed.
   *
   * @returns logits `[outputs]`: the last layer has no activation
   */
  build(given: ModelInput): tf.SymbolicTensor;
}

export interface LossInput {
  /** `[rows, outputs]`, before softmax or sigmoid. */
  logits: tf.Tensor2D;
  /** Class codes, int32 `[rows]`. */
  labels: tf.Tensor1D;
  head: Head;
}

export interface LossDefinition {
  /** What training makes small, by ops that have gradients. @returns `[rows]`; convoy takes the mean, by class weights where there are any */
  lossOfRows(given: LossInput): tf.Tensor;
}

/** Anything JSON can hold: what a callback keeps from epoch to epoch, and in checkpoints. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

export interface CallbackContext<State extends JsonValue> {
  /** What the callback gave last; a resumed training hands over what the checkpoint had. */
  state: State;
  epochs: number;
  classes: readonly string[];
  log(message: string, fields?: Record<string, unknown>): void;
}

/** Answers to the whole validation part after an epoch. */
export interface ValidationAnswers {
  /** Stable names of the images. */
  ids: readonly string[];
  /** Class codes. */
  labels: Int32Array;
  /** `[images, classes]`, each row a distribution. */
  probabilities: Float32Array;
}

export interface EpochEnd<State extends JsonValue> extends CallbackContext<State> {
  /** 1 for the first. */
  epoch: number;
  /** Running means over the epoch. */
  train: { loss: number; accuracy: number };
  /** Null where there is no validation part. */
  validation: (Score & ValidationAnswers) | null;
  learningRate: number;
}

/** What a callback may answer to the end of an epoch; nothing where it only looks. */
export interface EpochAnswer<State extends JsonValue> {
  state?: State;
  /** Numbers for the history, the CSV log and TensorBoard; `train.monitor: { metric }` may watch one. */
  metrics?: Readonly<Record<string, number>>;
  /** Ends the training after this epoch. */
  stop?: boolean;
}

/** Hooks of a training. Each may be asynchronous; training waits. What throws fails the run. */
export interface CallbackDefinition<State extends JsonValue = JsonValue> {
  /** The state before the first epoch (default: null). */
  initialState?: State;
  /** Before the first epoch of each attempt. */
  onTrainBegin?(context: CallbackContext<State> & { /** Epochs done before, by an earlier attempt. */ epoch: number }): unknown;
  onEpochBegin?(context: CallbackContext<State> & { epoch: number }): unknown;
  /** After validation, before the checkpoint. */
  onEpochEnd?(given: EpochEnd<State>): EpochAnswer<State> | void | Promise<EpochAnswer<State> | void>;
  /** After the last epoch, with the epoch whose weights are kept. */
  onTrainEnd?(context: CallbackContext<State> & { epoch: number; bestEpoch: number }): unknown;
}

export interface RuleDefinition {
  /** Shown in reports. */
  name: string;
  /** What happens where the finding is beyond the threshold (default: `warn`). */
  severity?: Severity;
  threshold: number;
  find(facts: CheckFacts, threshold: number): Finding | Promise<Finding>;
}

/** One decoded image. */
export interface ReadImage {
  height: number;
  width: number;
  /** 1 for grey, 3 for RGB, 4 with alpha. */
  channels: 1 | 3 | 4;
  /** `[height, width, channels]`; 16 bit where Uint16Array. */
  pixels: Uint8Array | Uint16Array;
}

export interface ReaderDefinition {
  /** Endings of the files it reads, with the dot: `.dcm`. Other files are read as usual. */
  extensions: readonly string[];
  /** @throws to say why the file cannot be read: it is listed with that reason */
  read(bytes: Uint8Array, path: string): ReadImage | Promise<ReadImage>;
}

/** What a module exports by default, by kind. */
export interface Definitions {
  model: ModelDefinition;
  loss: LossDefinition;
  callback: CallbackDefinition;
  rule: RuleDefinition;
  reader: ReaderDefinition;
}

/** A definition that says what it is, so that a module in the wrong place is told from one in the right place. */
export type Defined<Kind extends ModuleKind> = Definitions[Kind] & { readonly kind: Kind };
