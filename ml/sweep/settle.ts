import type { SweepRecord } from "../sweep-record/schema.ts";
import type { TrainingOutcome } from "./advance.ts";
import { signOf } from "./observations.ts";
import type { Trial } from "./schema.ts";

/** A copy of the record that has taken in how trainings ended: values, failures, rungs, and which trial is the best. */
export function settle(before: SweepRecord, outcomes: readonly TrainingOutcome[]): SweepRecord {
  const record = JSON.parse(JSON.stringify(before)) as SweepRecord; // records are JSON
  for (const outcome of outcomes) {
    const trial = record.trials[outcome.number - 1]!;
    record.epochs += takeIn(trial, outcome, record.parameters.retries);
    settleTrial(trial, record.pipeline.train.epochs);
  }
  record.best = bestTrial(record)?.number ?? null;
  return record;
}

/** @returns the epochs trained since the last outcome of this execution */
function takeIn(trial: Trial, outcome: TrainingOutcome, retries: number): number {
  const { execution: index, status, value, epochs, error, endsAlike = false } = outcome;
  const execution = trial.executions[index - 1]!;
  const trained = Math.max(epochs - execution.epochs, 0);
  execution.epochs = Math.max(epochs, execution.epochs);
  execution.error = error;
  if (status === "done") Object.assign(execution, { status, value });
  else if (status === "failed" && !endsAlike && execution.attempts <= retries) execution.status = "waiting";
  else execution.status = status;
  return trained;
}

/** A trial has a value when all its executions have; one that failed for good makes it a failed one, whatever the others had. */
function settleTrial(trial: Trial, maxEpochs: number): void {
  const { executions, untilEpoch } = trial;
  if (executions.some(({ status }) => status === "failed")) {
    for (const execution of executions) if (execution.status === "waiting") execution.status = "cancelled";
    Object.assign(trial, { status: "failed", value: null, deviation: null });
    return;
  }
  if (executions.some(({ status }) => status === "cancelled")) {
    for (const execution of executions) if (execution.status === "waiting") execution.status = "cancelled";
    trial.status = "cancelled";
    return;
  }
  if (executions.some(({ status }) => status !== "done")) return;
  const values = executions.flatMap(({ value }) => (value === null ? [] : [value]));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  Object.assign(trial, {
    status: untilEpoch >= maxEpochs ? "done" : "paused",
    value: mean,
    deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null,
  });
  if (trial.rungs.at(-1)?.epoch !== untilEpoch) trial.rungs.push({ epoch: untilEpoch, value: mean });
}

/** The best of those trained longest: what few epochs promise is no better than what all of them gave. Of equals the earlier one. */
export function bestTrial(record: Pick<SweepRecord, "trials" | "pipeline" | "parameters">): Trial | null {
  const sign = signOf(record);
  const valued = record.trials.filter(({ value, rungs }) => value !== null && rungs.length > 0);
  const longest = Math.max(...valued.map(({ rungs }) => rungs.at(-1)!.epoch));
  const ranked = valued
    .filter(({ rungs }) => rungs.at(-1)!.epoch === longest)
    .toSorted((a, b) => sign * (a.value! - b.value!) || a.number - b.number);
  return ranked[0] ?? null;
}

/** The execution of the best trial whose weights are the best; null where no trial has a value. */
export function bestExecution(record: SweepRecord): { number: number; execution: number; runId: string } | null {
  if (record.best === null) return null;
  const sign = signOf(record);
  const ranked = record.trials[record.best - 1]!.executions.flatMap(({ value, runId }, index) =>
    value === null ? [] : [{ loss: sign * value, runId, execution: index + 1 }],
  ).toSorted((a, b) => a.loss - b.loss || a.execution - b.execution);
  const [best] = ranked;
  return best ? { number: record.best, execution: best.execution, runId: best.runId } : null;
}
