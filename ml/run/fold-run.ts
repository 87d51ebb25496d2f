import { pendingStages } from "./pending-stages.ts";
import type { RunRecord } from "./schema.ts";

/** The record of the run that is tested on one fold, from 0 on: the same pipeline, but nothing is explored or registered. */
export function foldRun(parent: RunRecord, fold: number, startedAt: string): RunRecord {
  const { schedule: _schedule, origin: _origin, model: _model, continued: _continued, ...record } = parent;
  return {
    ...record,
    runId: `${parent.runId}-fold-${fold + 1}`,
    status: "running",
    startedAt,
    finishedAt: null,
    pipeline: { ...parent.pipeline, onFailure: "fail", split: { ...parent.pipeline.split, fold } },
    stages: pendingStages(),
    error: null,
    model: null,
    until: "evaluate",
    foldOf: parent.runId,
  };
}
