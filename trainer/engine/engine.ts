import type { Augmentation } from "../../ml/augment/schema.ts";
import type { Encoder } from "../../ml/encode/schema.ts";
import type { Head } from "../../ml/model/losses.ts";
import type { ModelParameters } from "../../ml/model/transfer/schema.ts";
import type { NetworkSummary } from "../../ml/model/summary.ts";
import type { Normalizer } from "../../ml/normalize/schema.ts";
import type { Unfrozen } from "../../ml/model/transfer/transfer-network.ts";
import type { TrainParameters } from "../../ml/train/schema.ts";
import type { GraphCache } from "./graph/graph-cache.ts";
import type { OwnParts } from "./own-parts.ts";

/** Bytes of a value. */
export const bytesEach = { uint8: 1, uint16: 2, float32: 4 } as const;

/** The rows a network can be given: integers as stored, normalized by the engine on the device; or what a frozen base made of them. */
export interface EngineData {
  height: number;
  width: number;
  channels: number;
  dtype: keyof typeof bytesEach;
  rowCount: number;
  /** Pixels of the given rows in the given order, `[rows.length, height, width, channels]`, as stored; of float32 their bytes. */
  read(rows: Int32Array): Promise<Uint8Array | Uint16Array>;
  /** Class code of every row. */
  labels: Int32Array;
  /** Stable id of every row, the name of its augmentation stream. */
  ids: readonly string[];
}

export interface EngineOptions {
  model: ModelParameters;
  /** Loaded modules, where `model` or `train` name some. */
  own?: OwnParts;
  /** How much of a trained base is trained (default: nothing). */
  unfrozen?: Unfrozen;
  data: EngineData;
  normalizer: Normalizer;
  /** The matrix of a normalizer that whitens, `[values, values]`, flattened. */
  whitening?: Float32Array | undefined;
  encoder: Encoder;
  augmentation: Augmentation;
  train: TrainParameters;
  /** The run's seed: initial weights and dropout. */
  seed: number;
  /** All pixels are kept on the device where they take no more than this (default: a quarter of memory, at most 2 GiB). */
  residentBytes?: number;
  /** What a frozen base makes of an image is computed once and kept: for training without augmentation. */
  keepsFeatures?: boolean;
  /** Rows of the one batch shape of `logits`, where a model recorded it; follows from the image's size where absent. */
  evaluationBatchSize?: number;
  /** Where graphs compiled before are kept; compiled each time where absent. */
  graphs?: GraphCache;
}

/** Everything that changes from step to step and must survive a kill: weights, optimizer slots, moving averages. */
export interface EngineState {
  /** Optimizer steps taken since the first epoch. */
  step: number;
  /** By variable name; float32. Weights as `<layer>/<weight>`, slots as `optimizer/<layer>/<weight>/<slot>`. */
  variables: Map<string, { shape: number[]; values: Float32Array }>;
}

export interface EpochRequest {
  /** 1 for the first. Names the stream of augmentation. */
  epoch: number;
  /** Rows of the training part in this epoch's order. */
  order: Int32Array;
  /** First step to take within the epoch; more than 0 only when resuming within it. */
  fromStep: number;
  /** One for all steps, or by the step's number within the epoch (0 for the first). */
  learningRate: number | ((step: number) => number);
  /** Sums over the steps before `fromStep`, from a checkpoint. */
  runningTotals: RunningTotals;
  /**
   * Called about four times a second between two steps, with the steps taken in this epoch; `state` may be asked for then.
   * Resolving to true stops there.
   */
  onProgress(step: number, totals: RunningTotals): Promise<boolean>;
}

/** Sums over an epoch's samples, from which Keras' running means follow. */
export interface RunningTotals {
  lossSum: number;
  correct: number;
  rows: number;
}

/** What a model file must say so that its bytes can be loaded and its outputs read. */
export interface NetworkDescription {
  summary: NetworkSummary;
  /** How the logits become probabilities. */
  head: Head;
  outputs: number;
  /** Weights in byte order; trainable ones and moving averages. */
  weights: { name: string; shape: number[]; trainable: boolean }[];
  /** Rows of the one batch shape of `logits`. */
  evaluationBatchSize: number;
}

/** One network on one device, ready to train, evaluate and predict. */
export interface Engine {
  readonly kind: "graph" | "eager";
  /** Why auto fell back to eager, naming the op; null otherwise. Known after the first step. */
  readonly fallbackReason: string | null;
  readonly network: NetworkDescription;
  /**
   * Trains for the rest of one epoch. Equal options, state and request give equal bits, wherever it was stopped between.
   * @throws {TrainingDiverged} if a step's loss is not finite
   */
  trainEpoch(request: EpochRequest): Promise<{ totals: RunningTotals; stoppedAtStep: number | null }>;
  /** Raw outputs before softmax/sigmoid (logits), `[rows.length, outputs]`, always computed in one padded batch shape. */
  logits(rows: Int32Array): Promise<Float32Array>;
  state(): Promise<EngineState>;
  /** Takes over a state. One with weights only leaves the optimizer as it is at the start: that is how weights are loaded. */
  restore(state: EngineState): Promise<void>;
  /** A `saved_model.pb` of the present weights for TensorFlow Serving and Python; see `exportSavedModel`. */
  savedModel(): Promise<Uint8Array>;
  dispose(): void;
}
