import type { SweepRecord } from "../sweep-record/schema.ts";
import type { Progress } from "./advance.ts";
import { hyperbandBrackets, hyperbandRound } from "./hyperband.ts";

const usualTrials = 20;

/** How many trials are made at most. */
export function trialLimit({ parameters, pipeline }: SweepRecord): number {
  const { trials, algorithm, prune } = parameters;
  if (trials !== undefined) return trials;
  if (prune.name === "hyperband") return hyperbandRound(hyperbandBrackets(prune, pipeline.train.epochs));
  return algorithm === "grid" ? Infinity : usualTrials;
}

/** The limit with more trials. */
export function extendedLimit(record: SweepRecord, moreTrials: number): number {
  const limit = trialLimit(record);
  return (Number.isFinite(limit) ? limit : record.trials.length) + moreTrials;
}

/** What of the budget is used up, in words; null while some is left. */
export function budgetUsed({ parameters: { budget }, epochs }: SweepRecord, elapsedMs: number): string | null {
  if (budget.epochs !== undefined && epochs >= budget.epochs) return `${epochs} of ${budget.epochs} epochs are used up`;
  if (budget.minutes !== undefined && elapsedMs >= budget.minutes * 60_000) return `${budget.minutes} minutes are used up`;
  return null;
}

/** Whether the newest trials have all failed: then so will the next ones. */
export function hasFailedTooOften({ trials, parameters: { maxFailures } }: SweepRecord): boolean {
  const ended = trials.filter(({ status }) => status !== "running").slice(-maxFailures);
  return ended.length === maxFailures && ended.every(({ status }) => status === "failed");
}

/** Writes down how a sweep ended. Trials that wait at a rung will not go on, unless it was stopped and may be resumed. */
export function conclude(record: SweepRecord, how: Omit<Progress, "outcomes"> & { isExhausted: boolean }): void {
  Object.assign(record, endingOf(record, how));
  if (how.isStopping) return;
  for (const trial of record.trials) if (trial.status === "paused") trial.status = "pruned";
}

function endingOf(
  record: SweepRecord,
  { elapsedMs, isStopping, isExhausted, failure }: Omit<Progress, "outcomes"> & { isExhausted: boolean },
): Pick<SweepRecord, "status" | "reason"> & Partial<Pick<SweepRecord, "error">> {
  if (failure) return { status: "failed", reason: failure.message, error: failure };
  if (isStopping) return { status: "stopped", reason: "it was asked to stop" };
  if (hasFailedTooOften(record)) return failedBy(record, `the last ${record.parameters.maxFailures} trials`);
  const count = record.trials.length;
  if (count > 0 && record.trials.every(({ status }) => status === "failed")) return failedBy(record, `all ${count} trials`);
  if (isExhausted && count < trialLimit(record))
    return { status: "exhausted", reason: `all ${count} points of the space were tried` };
  const used = budgetUsed(record, elapsedMs);
  return { status: "done", reason: used ?? `${count} trials were made` };
}

/** @param which in words */
function failedBy({ trials }: SweepRecord, which: string) {
  const { number, executions } = trials.findLast(({ status }) => status === "failed")!;
  const error = executions.find((execution) => execution.error !== null)?.error ?? null;
  const reason = `${which} failed; trial ${number}: ${error?.message ?? "no reason known"}`;
  return { status: "failed" as const, reason, error };
}
