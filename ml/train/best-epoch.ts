import { gainOver, monitoredValue, type EpochScores, type Monitor } from "./monitor.ts";
import type { TrainParameters } from "./schema.ts";

/** What picks the best epoch and ends training early; part of every checkpoint. */
export interface BestEpoch {
  /** The best epoch so far and what was monitored in it; null before the first. */
  best: { epoch: number; value: number } | null;
  /** Epochs since. */
  epochsWithout: number;
}

export const noEpochYet: BestEpoch = { best: null, epochsWithout: 0 };

/**
 * Takes an epoch's scores into account. Loss is better smaller, all else larger; of equals the earlier epoch stays the best. A
 * value that cannot be measured (AUC of a part with one class) is never better. Without a validation part the newest epoch is the best.
 */
export function judgeEpoch(state: BestEpoch, epoch: number, scores: EpochScores, monitor: Monitor): BestEpoch {
  if (scores.validation === null) return { best: { epoch, value: 0 }, epochsWithout: 0 };
  const value = monitoredValue(monitor, scores);
  if (value !== null && gainOver(monitor, state.best?.value ?? null, value) > 0)
    return { best: { epoch, value }, epochsWithout: 0 };
  return { best: state.best, epochsWithout: state.epochsWithout + 1 };
}

/** When training ends early; part of every checkpoint. */
export interface Patience {
  best: number | null;
  /** Epochs since an improvement of more than `minDelta`. */
  epochsWithout: number;
}

export const fullPatience: Patience = { best: null, epochsWithout: 0 };

/** Counts epochs without enough of an improvement, as Keras' `EarlyStopping` does. */
export function judgePatience(
  state: Patience,
  epoch: number,
  scores: EpochScores,
  {
    monitor = "loss",
    earlyStopping,
    fineTune,
  }: Pick<TrainParameters, "monitor" | "earlyStopping"> & Partial<Pick<TrainParameters, "fineTune">>,
): Patience {
  const { minDelta = 0, startFromEpoch = (fineTune?.after ?? 0) + 1 } = earlyStopping ?? {};
  if (earlyStopping === undefined || epoch < startFromEpoch) return state;
  const value = monitoredValue(monitor, scores);
  if (value === null) return { ...state, epochsWithout: state.epochsWithout + 1 };
  return gainOver(monitor, state.best, value) > minDelta
    ? { best: value, epochsWithout: 0 }
    : { ...state, epochsWithout: state.epochsWithout + 1 };
}

/** Whether training ends after the epoch just judged, although epochs remain. */
export function isExhausted({ epochsWithout }: Patience, { earlyStopping }: Pick<TrainParameters, "earlyStopping">): boolean {
  return earlyStopping !== undefined && epochsWithout >= earlyStopping.patience;
}
