import type { PruneParameters, Trial } from "./schema.ts";

/** What to do next with the trials there are. */
export type Move =
  | { kind: "start"; untilEpoch: number; bracket?: number }
  | { kind: "promote"; number: number; untilEpoch: number }
  | { kind: "prune"; number: number }
  /** Nothing until a training under way has ended. */
  | { kind: "wait" };

export interface RungQuestion {
  trials: readonly Trial[];
  prune: PruneParameters;
  maxEpochs: number;
  /** Whether a further trial may be started. */
  mayStart: boolean;
  /** Whether small values are good. */
  minimize: boolean;
}

/** Epochs of the rungs: the first, and each `factor` times the one before; the last is the whole training. */
export function rungEpochs({ minEpochs, factor }: Pick<PruneParameters, "minEpochs" | "factor">, maxEpochs: number): number[] {
  const rungs: number[] = [];
  for (let epoch = minEpochs; epoch < maxEpochs; epoch *= factor) rungs.push(epoch);
  return [...rungs, maxEpochs];
}

/** Trials that have a value at this rung, the best first; of equals the earlier trial. */
export function rankedAt(trials: readonly Trial[], epoch: number, minimize: boolean): Trial[] {
  const sign = minimize ? 1 : -1;
  return trials
    .flatMap((trial) => {
      const rung = trial.rungs.find((reached) => reached.epoch === epoch);
      return rung ? [{ trial, loss: sign * rung.value }] : [];
    })
    .toSorted((a, b) => a.loss - b.loss || a.trial.number - b.trial.number)
    .map(({ trial }) => trial);
}

/** Whether a trial stands at this rung and may be sent on. */
export function waitsAt({ status, rungs }: Trial, epoch: number): boolean {
  return status === "paused" && rungs.at(-1)?.epoch === epoch;
}

export function isRunning({ status }: Trial): boolean {
  return status === "running";
}
