import { initialLearningRate } from "./optimizer-defaults.ts";
import { gainOver, monitoredValue, type EpochScores } from "./monitor.ts";
import type { Schedule, TrainParameters } from "./schema.ts";

/** The rate a schedule starts from, and what a plateau has made of it; part of every checkpoint. */
export interface RateState {
  /** What the schedule multiplies: the optimizer's rate, or less after a plateau. */
  base: number;
  best: number | null;
  /** Epochs without a better monitor. */
  epochsWithout: number;
  /** Epochs in which none is counted. */
  cooldown: number;
}

type Scheduled = Pick<TrainParameters, "schedule" | "optimizer" | "epochs" | "monitor"> &
  Partial<Pick<TrainParameters, "fineTune">>;

export function firstRate(train: Scheduled): RateState {
  return { base: initialLearningRate(train), best: null, epochsWithout: 0, cooldown: 0 };
}

/** Keras' defaults, by schedule. */
const defaults = {
  warmupEpochs: 0,
  final: 0,
  patience: 10,
  minDelta: 1e-4,
  cooldown: 0,
  minimum: 0,
} satisfies Partial<Schedule>;
const usual = {
  constant: { factor: 1, epochs: 1 },
  step: { factor: 0.1, epochs: 10 },
  exponential: { factor: 0.96, epochs: 1 },
  cosine: { factor: 1, epochs: 0 },
  plateau: { factor: 0.1, epochs: 1 },
} satisfies Record<Schedule["name"], Partial<Schedule>>;

type Completed = { [Key in keyof Schedule]-?: Exclude<Schedule[Key], undefined> };

function completed({ schedule = { name: "constant" } }: Scheduled): Completed {
  const given = Object.fromEntries(Object.entries(schedule).filter(([, value]) => value !== undefined));
  return { ...defaults, ...usual[schedule.name], ...given, name: schedule.name };
}

/**
 * The learning rate of one step: that of fine-tuning, constant, once it has begun; before, as Keras' `CosineDecay` (with its warm-up) and `ExponentialDecay` have it; `step` is the latter's staircase.
 *
 * @param step optimizer steps taken before, since the first epoch
 */
export function learningRateAt(train: Scheduled, { base }: RateState, step: number, stepsPerEpoch: number): number {
  const { fineTune } = train;
  if (fineTune && step >= fineTune.after * stepsPerEpoch) return fineTune.learningRate;
  const { name, warmupEpochs, factor, epochs, final } = completed(train);
  const warmup = warmupEpochs * stepsPerEpoch;
  if (step < warmup) return (base * step) / warmup;
  const decays = (step - warmup) / (epochs * stepsPerEpoch);
  if (name === "step") return base * factor ** Math.floor(decays);
  if (name === "exponential") return base * factor ** decays;
  if (name !== "cosine") return base;
  const length = epochs > 0 ? epochs : Math.max(train.epochs - warmupEpochs, 1);
  const share = Math.min((step - warmup) / (length * stepsPerEpoch), 1);
  return base * ((1 - final) * 0.5 * (1 + Math.cos(Math.PI * share)) + final);
}

/** Takes an epoch's monitored value into account, as Keras' `ReduceLROnPlateau` does. Values that cannot be measured are passed over. */
export function judgePlateau(train: Scheduled, state: RateState, scores: EpochScores): RateState {
  const { name, patience, factor, minDelta, cooldown, minimum } = completed(train);
  const { monitor = "loss" } = train;
  const value = name === "plateau" ? monitoredValue(monitor, scores) : null;
  if (value === null) return state;
  const cooling = Math.max(state.cooldown - 1, 0);
  if (gainOver(monitor, state.best, value) > minDelta) return { ...state, best: value, epochsWithout: 0, cooldown: cooling };
  if (cooling > 0) return { ...state, epochsWithout: 0, cooldown: cooling };
  const epochsWithout = (state.cooldown > 0 ? 0 : state.epochsWithout) + 1;
  if (epochsWithout < patience) return { ...state, epochsWithout, cooldown: 0 };
  return { ...state, base: Math.max(state.base * factor, Math.min(minimum, state.base)), epochsWithout: 0, cooldown };
}
