import type { TrainParameters } from "./schema.ts";

/**
 * Why each epoch of a training depends on how many there will be, so that more of them cannot simply follow; null where they can. Where
 * there is a reason, the same training with another `train.epochs` is another training from its first step.
 */
export function whyBoundToEpochs({ schedule, callbacks = [] }: Pick<TrainParameters, "schedule" | "callbacks">): string | null {
  if (schedule?.name === "cosine" && schedule.epochs === undefined)
    return "the cosine schedule spans train.epochs; give train.schedule.epochs to fix its length";
  if (callbacks.length > 0) return "callbacks are told train.epochs";
  return null;
}

/** What shapes the epochs of a training: all but where it ends and which checkpoints it keeps on the way. */
export function shapingParameters(train: TrainParameters): Partial<TrainParameters> {
  const { checkpointMinutes: _minutes, keepCheckpoints: _keep, maxMinutes: _time, epochs, ...shaping } = train;
  return whyBoundToEpochs(train) === null ? shaping : { ...shaping, epochs };
}
