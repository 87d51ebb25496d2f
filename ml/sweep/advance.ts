import { seedFor } from "../random.ts";
import type { SweepRecord, TrainingOrder } from "../sweep-record/schema.ts";
import { budgetUsed, conclude, hasFailedTooOften, trialLimit } from "./limits.ts";
import { nextMove } from "./next-move.ts";
import type { Execution, Trial } from "./schema.ts";
import { settle } from "./settle.ts";
import { suggest } from "./suggest.ts";
import { observationsOf, signOf } from "./observations.ts";

/** How a training ended that was ordered before. */
export interface TrainingOutcome {
  number: number;
  execution: number;
  status: "done" | "failed" | "cancelled";
  /** Of the weights it would hand on; null unless it is done. */
  value: number | null;
  epochs: number;
  error: { type: string; message: string } | null;
  /** Whether it failed by what was asked, as a loss that is not finite: it would fail again. */
  endsAlike?: boolean;
}

export interface Progress {
  outcomes: readonly TrainingOutcome[];
  /** Since the sweep was begun, or resumed. */
  elapsedMs: number;
  /** Whether a person asked the sweep to stop: nothing more is begun. */
  isStopping: boolean;
  /** What keeps all trials from going on, as data that cannot be read. */
  failure?: { type: string; message: string } | undefined;
}

/**
 * One step of a sweep, pure: takes in how trainings ended, and says which to begin as long as trainers are free. It is over when nothing
 * runs and nothing is left to begin.
 */
export function advance(before: SweepRecord, { outcomes, elapsedMs, isStopping, failure }: Progress): SweepRecord {
  const record = settle(before, outcomes);
  const orders: TrainingOrder[] = [];
  let isExhausted = false;
  const mayBegin = () =>
    !isStopping && !failure && runningCount(record) < record.parameters.parallel && !hasFailedTooOften(record);
  while (mayBegin()) {
    const waiting = firstWaiting(record.trials);
    if (waiting) {
      orders.push(begin(waiting.trial, waiting.index));
      continue;
    }
    if (budgetUsed(record, elapsedMs) !== null) break;
    const mayStart = !isExhausted && record.trials.length < trialLimit(record);
    const move = nextMove({
      trials: record.trials,
      prune: record.parameters.prune,
      maxEpochs: record.pipeline.train.epochs,
      mayStart,
      minimize: signOf(record) === 1,
    });
    if (move === null || move.kind === "wait") break;
    if (move.kind === "start") isExhausted = !startTrial(record, move);
    else if (move.kind === "prune") trialOf(record, move.number).status = "pruned";
    else goOn(trialOf(record, move.number), move.untilEpoch);
  }
  const isOver = orders.length === 0 && runningCount(record) === 0;
  record.answer = { orders, isOver };
  if (isOver) conclude(record, { elapsedMs, isStopping, isExhausted, failure });
  return record;
}

/** Suggests a point and makes a trial of it. @returns whether the space had one left */
function startTrial(record: SweepRecord, { untilEpoch, bracket }: { untilEpoch: number; bracket?: number }): boolean {
  const { parameters, pipeline, sweepId, trials } = record;
  const { algorithm, space, executionsPerTrial } = parameters;
  const suggestion = suggest({ algorithm, space, history: observationsOf(record), seed: pipeline.seed });
  if (suggestion === null) return false;
  const number = trials.length + 1;
  trials.push({
    number,
    status: "running",
    parameters: suggestion.point,
    value: null,
    deviation: null,
    untilEpoch,
    rungs: [],
    ...(bracket === undefined ? {} : { bracket }),
    explanation: suggestion.explanation,
    executions: Array.from({ length: executionsPerTrial }, (_, index) =>
      newExecution(`${sweepId}-${number}-${index + 1}`, index, pipeline.seed),
    ),
  });
  return true;
}

/** The first execution has the run's own seed, so that a trial of one is the run that its parameters make. */
function newExecution(runId: string, index: number, seed: number): Execution {
  const ownSeed = index === 0 ? null : seedFor(seed, "sweep", "execution", index + 1);
  return { seed: ownSeed, runId, status: "waiting", value: null, epochs: 0, attempts: 0, error: null };
}

function goOn(trial: Trial, untilEpoch: number): void {
  Object.assign(trial, { status: "running", untilEpoch });
  for (const execution of trial.executions) Object.assign(execution, { status: "waiting", attempts: 0 });
}

function begin(trial: Trial, index: number): TrainingOrder {
  const execution = trial.executions[index]!;
  execution.status = "running";
  execution.attempts++;
  const { runId, attempts } = execution;
  return { number: trial.number, execution: index + 1, runId, untilEpoch: trial.untilEpoch, attempt: attempts };
}

function firstWaiting(trials: readonly Trial[]): { trial: Trial; index: number } | null {
  for (const trial of trials) {
    const index = trial.executions.findIndex(({ status }) => status === "waiting");
    if (trial.status === "running" && index >= 0) return { trial, index };
  }
  return null;
}

function runningCount({ trials }: SweepRecord): number {
  return trials.reduce((sum, trial) => sum + trial.executions.filter(({ status }) => status === "running").length, 0);
}

function trialOf({ trials }: SweepRecord, number: number): Trial {
  return trials[number - 1]!;
}
