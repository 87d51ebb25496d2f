/** The rows a network can be given: integers as stored, normalized by the engine on the device. */
export interface EngineData {
  height: number;
  width: number;
  channels: number;
  rowCount: number;
  /** Pixels of the given rows in the given order, `[rows.length, height, width, channels]`, as stored. */
  read(rows: Int32Array): Promise<Uint8Array | Uint16Array>;
  /** Class code of every row. */
  labels: Int32Array;
  /** Stable id of every row, the name of its augmentation stream. */
  ids: readonly string[];
}

/** Everything that changes from step to step and must survive a kill: weights, optimizer slots, moving averages, counters. */
export interface EngineState {
  /** Optimizer steps taken since the first epoch. */
  step: number;
  /** By variable name; float32. */
  variables: Map<string, { shape: number[]; values: Float32Array }>;
}

export interface EpochRequest {
  /** 1 for the first. Names the streams of augmentation and dropout. */
  epoch: number;
  /** Rows of the training part in this epoch's order. */
  order: Int32Array;
  /** First step to take; more than 0 only when resuming within an epoch. */
  fromStep: number;
  learningRate: number;
  /** Sums over the steps before `fromStep`, from a checkpoint. */
  runningTotals: RunningTotals;
  /** Called now and then (a few times a second), never between a step's parts. Resolving to true stops after this step. */
  onProgress(step: number, totals: RunningTotals): Promise<boolean>;
}

/** Sums over an epoch's samples, from which Keras' running means follow. */
export interface RunningTotals {
  lossSum: number;
  correct: number;
  rows: number;
}

/** One network on one device, ready to train, evaluate and predict. */
export interface Engine {
  readonly kind: "graph" | "eager";
  /** Why auto fell back to eager, naming the op; null otherwise. */
  readonly fallbackReason: string | null;
  trainEpoch(request: EpochRequest): Promise<{ totals: RunningTotals; stoppedAtStep: number | null }>;
  /** Raw outputs before softmax/sigmoid (logits), `[rows.length, outputs]`, always computed in one padded batch shape. */
  logits(rows: Int32Array): Promise<Float32Array>;
  state(): Promise<EngineState>;
  restore(state: EngineState): Promise<void>;
  dispose(): void;
}
