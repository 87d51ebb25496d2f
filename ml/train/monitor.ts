import { InvalidConfiguration } from "../errors.ts";
import type { EpochRecord, TrainParameters } from "./schema.ts";

export type Monitor = NonNullable<TrainParameters["monitor"]>;

/** Beyond this, the loss is that of the largest class. */
const unequalRatio = 5;

/**
 * What a training watches: what it is told to, else the loss, or balanced accuracy where classes are weighted or very unequal.
 * @param trainCounts training images of each class, where they are known
 */
export function monitorOf(
  { monitor, classWeights }: Pick<TrainParameters, "monitor" | "classWeights">,
  trainCounts: readonly number[] = [],
): Monitor {
  if (monitor !== undefined) return monitor;
  const present = trainCounts.filter((count) => count > 0);
  const isUnequal = Math.max(0, ...present) > unequalRatio * Math.min(Infinity, ...present);
  return classWeights !== "none" || isUnequal ? "balancedAccuracy" : "loss";
}

/** What an epoch is judged by. */
export type EpochScores = Pick<EpochRecord, "validation" | "metrics">;

/**
 * What is watched, after one epoch; null where it cannot be measured, as the AUC of a part with one class.
 * @throws {InvalidConfiguration} where a metric of the user's own is watched that no callback gave
 */
export function monitoredValue(monitor: Monitor, { validation, metrics = {} }: EpochScores): number | null {
  if (typeof monitor === "string") return validation?.[monitor] ?? null;
  const value = metrics[monitor.metric];
  if (value !== undefined) return value;
  const given = Object.keys(metrics).join(", ") || "none";
  throw new InvalidConfiguration(
    `train.monitor watches the metric ${monitor.metric}, which no module under train.callbacks gives; they give: ${given}`,
  );
}

/** Whether small values are good. */
export function isMinimized(monitor: Monitor): boolean {
  return typeof monitor === "string" ? monitor === "loss" : monitor.mode === "min";
}

/** What a monitor is called. */
export function monitorName(monitor: Monitor): string {
  return typeof monitor === "string" ? monitor : monitor.metric;
}

/** By how much a value is better than the best so far; infinitely where there is none. */
export function gainOver(monitor: Monitor, best: number | null, value: number): number {
  if (best === null) return Infinity;
  return isMinimized(monitor) ? best - value : value - best;
}
