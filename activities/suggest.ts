import type { Pin } from "../ml/run/pins.ts";
import { pinsOf } from "../ml/run/pins.ts";
import { stageOf } from "../ml/run/plan-retry.ts";
import type { RunError, RunRecord } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";
import { stages } from "../ml/stages.ts";
import { advance } from "../ml/sweep/advance.ts";
import { bestExecution } from "../ml/sweep/settle.ts";
import type { SweepRecord, TrainingOrder } from "../ml/sweep-record/schema.ts";
import { dataRun, trialRun, winnerRun } from "../ml/sweep-record/trial-run.ts";
import type { Store } from "../storage/open-store.ts";
import type { RunRecords } from "../storage/run-records.ts";
import type { TrainingEnding } from "./training-outcome.ts";
import { readOutcome } from "./training-outcome.ts";

/** What a person changed while the sweep runs. */
export interface SweepChange {
  parallel?: number;
  /** The new limit. */
  trials?: number;
}

export interface SweepQuestion {
  sweepId: string;
  /** Grows by one a question; the same again is the same question. */
  step: number;
  endings: readonly TrainingEnding[];
  change: SweepChange;
  isStopping: boolean;
  /** What keeps all trials from going on. */
  failure?: RunError;
}

export interface SweepAnswer {
  /** Runs to start, as they begin. */
  trainings: { order: TrainingOrder; record: RunRecord }[];
  isOver: boolean;
}

export interface WinnerRun {
  record: RunRecord;
  pins: Partial<Record<Stage, Pin>>;
}

/** A sweep's decisions: its record is read, `ml/sweep` decides, the record is written; the workflow hears only what to start. */
export function createSweepActivities({ sweeps, runs, objects }: Pick<Store, "sweeps" | "runs" | "objects">) {
  async function read(sweepId: string): Promise<SweepRecord> {
    const record = await sweeps.find(sweepId);
    if (!record) throw new TypeError(`There is no record of sweep ${sweepId} in ${objects.describe()}`);
    return record;
  }

  async function beginSweep({ sweepId }: { sweepId: string }): Promise<RunRecord> {
    return dataRun(await read(sweepId), new Date().toISOString());
  }

  /**
   * Takes in what ended and decides what to begin. A question is asked again where the worker died before its answer was noted: what was
   * ordered then is ordered again, not decided anew. By then more may have ended, which is taken in as well: nobody tells it a second time.
   */
  async function advanceSweep(question: SweepQuestion): Promise<SweepAnswer> {
    const { sweepId, step, endings, change, isStopping, failure } = question;
    const before = await read(sweepId);
    const ordered = before.step === step ? before.answer.orders : [];
    const untold = endings.filter((ending) => isAwaited(before, ending));
    const outcomes = await Promise.all(untold.map((ending) => readOutcome(ending, before, { runs, objects })));
    const changed = { ...before, parameters: { ...before.parameters, ...change } };
    const after = advance(changed, { outcomes, elapsedMs: Date.now() - Date.parse(before.begunAt), isStopping, failure });
    const answer = { ...after.answer, orders: [...ordered, ...after.answer.orders] };
    await sweeps.put({ ...after, step, answer });
    return { trainings: await Promise.all(answer.orders.map((order) => trainingOf(after, order, runs))), isOver: answer.isOver };
  }

  /** The run that tests and registers the winner, with all that it has made; null where nothing has a value, or the search did not end. */
  async function prepareWinner({ sweepId }: { sweepId: string }): Promise<WinnerRun | null> {
    const record = await read(sweepId);
    const best = record.status === "stopped" || record.status === "failed" ? null : bestExecution(record);
    const trained = best && (await runs.find(best.runId));
    if (!best || !trained) return null;
    const winner = winnerRun(record, best, new Date().toISOString());
    const { number, execution } = best;
    await sweeps.put({ ...record, winner: { number, execution, runId: winner.runId } });
    return { record: winner, pins: pinsOf(trained, stages) };
  }

  /** Writes down that nothing is left to do. */
  async function finishSweep({ sweepId, failure }: { sweepId: string; failure?: RunError }): Promise<void> {
    const record = await read(sweepId);
    const failed = failure ? { status: "failed" as const, error: failure, reason: failure.message } : {};
    await sweeps.put({ ...record, ...failed, finishedAt: new Date().toISOString() });
  }

  return { beginSweep, advanceSweep, prepareWinner, finishSweep };
}

/** Whether it is the ending of what this execution does now; not of a training before, whose ending was taken in. */
function isAwaited({ trials }: SweepRecord, { number, execution: index, untilEpoch, attempt }: TrainingEnding): boolean {
  const trial = trials[number - 1];
  const execution = trial?.executions[index - 1];
  return execution?.status === "running" && trial?.untilEpoch === untilEpoch && execution.attempts === attempt;
}

async function trainingOf(
  record: SweepRecord,
  order: TrainingOrder,
  runs: RunRecords,
): Promise<SweepAnswer["trainings"][number]> {
  const before = await runs.find(order.runId);
  const attempts = (before && stageOf(before, "train")?.attempts) ?? 0;
  return { order, record: trialRun(record, order, { startedAt: new Date().toISOString(), attempts }) };
}
