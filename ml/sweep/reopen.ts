import type { SweepRecord } from "../sweep-record/schema.ts";
import { extendedLimit } from "./limits.ts";

/**
 * A sweep that has ended, ready to go on: what was cancelled is trained on from its checkpoint, and trials that waited at a rung for a better
 * fate may have it now. Those that the median rule ended stay ended: they were judged.
 *
 * @param moreTrials beyond the limit there was
 */
export function reopen(before: SweepRecord, { moreTrials, begunAt }: { moreTrials: number; begunAt: string }): SweepRecord {
  const record = JSON.parse(JSON.stringify(before)) as SweepRecord; // records are JSON
  if (moreTrials > 0) record.parameters.trials = extendedLimit(record, moreTrials);
  for (const trial of record.trials) {
    if (trial.status === "pruned" && record.parameters.prune.name !== "median") trial.status = "paused";
    if (trial.status !== "cancelled" && trial.status !== "running") continue;
    trial.status = "running";
    for (const execution of trial.executions)
      if (execution.status === "cancelled" || execution.status === "running")
        Object.assign(execution, { status: "waiting", attempts: 0 });
  }
  const open = { status: "running" as const, begunAt, finishedAt: null, reason: null, error: null, winner: null };
  return { ...record, ...open, answer: { orders: [], isOver: false } };
}
