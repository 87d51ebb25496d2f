import { newRunRecord } from "../run/new-run-record.ts";
import type { RunRecord } from "../run/schema.ts";
import type { SweepRecord, TrainingOrder } from "./schema.ts";
import { trialPipeline } from "./trial-pipeline.ts";

const trialRunId = /^[0-9a-z]{12}-(data|[0-9]+-[0-9]+)$/;

/** Whether a run is a sweep's own: its data, or a training of one of its trials. They are listed with the sweep. */
export function isTrialRun(runId: string): boolean {
  return trialRunId.test(runId);
}

/** The record of a sweep's first run: the data stages, done once for all trials. */
export function dataRun(record: SweepRecord, startedAt: string): RunRecord {
  const { pipeline, parameters, sweepId } = record;
  return {
    ...newRun(record, `${sweepId}-data`, startedAt),
    pipeline: trialPipeline(pipeline, parameters, { point: {}, seed: null }),
    until: "augment",
  };
}

/**
 * The record of a trial's training, which ends with it.
 * @param attempts of its training before, at the rungs below
 */
export function trialRun(
  record: SweepRecord,
  order: TrainingOrder,
  { startedAt, attempts }: { startedAt: string; attempts: number },
): RunRecord {
  const { sweepId } = record;
  const { number, execution, runId, untilEpoch } = order;
  const run = newRun(record, runId, startedAt);
  return {
    ...run,
    pipeline: pipelineOf(record, { number, execution }),
    stages: run.stages.map((stage) => (stage.name === "train" ? { ...stage, attempts } : stage)),
    trial: { sweepId, number, execution },
    untilEpoch,
    until: "train",
  };
}

/** The record of the run that tests and registers a winner: the training it has already, whole or up to the rung it reached. */
export function winnerRun(record: SweepRecord, winner: { number: number; execution: number }, startedAt: string): RunRecord {
  const { sweepId, trials, pipeline } = record;
  const { rungs } = trials[winner.number - 1]!;
  const epoch = rungs.at(-1)?.epoch ?? pipeline.train.epochs;
  return {
    ...newRun(record, `${sweepId}-best-${winner.number}`, startedAt),
    pipeline: pipelineOf(record, winner),
    ...(epoch < pipeline.train.epochs ? { untilEpoch: epoch } : {}),
  };
}

export function pipelineOf({ pipeline, parameters, trials }: SweepRecord, of: { number: number; execution: number }) {
  const { parameters: point, executions } = trials[of.number - 1]!;
  return trialPipeline(pipeline, parameters, { point, seed: executions[of.execution - 1]!.seed });
}

function newRun({ pipeline, source, buildId, build }: SweepRecord, runId: string, startedAt: string): RunRecord {
  return newRunRecord({ runId, startedAt, pipeline, source, buildId, build });
}
