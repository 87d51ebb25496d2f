import {
  CancellationScope,
  ChildWorkflowCancellationType,
  executeChild,
  ParentClosePolicy,
  WorkflowIdReusePolicy,
} from "@temporalio/workflow";

import type { ArtifactRef } from "../ml/artifact.ts";
import { foldRun } from "../ml/run/fold-run.ts";
import { pinsOf } from "../ml/run/pins.ts";
import { stageOf } from "../ml/run/plan-retry.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import { isBeyond, stages } from "../ml/stages.ts";
import { workflowIdPrefix } from "../temporal.config.ts";
import type { TrainModelRun } from "./run-state.ts";
import type { trainModel } from "./train-model.ts";

/**
 * Trains once for each fold of the run's split, as child workflows, all at the same time: the workers' slots decide how many run. None sees
 * the real test part. Where one fails, the others are cancelled.
 *
 * @param record of the run as it stands: its data stages' results are handed on
 * @returns what evaluate pools: the metrics and predictions of each fold; nothing where the pipeline asks for no folds
 */
export async function crossValidate(run: TrainModelRun, record: RunRecord): Promise<Record<string, ArtifactRef>> {
  const { folds = 0, fold } = record.pipeline.split;
  if (folds === 0 || fold !== undefined || isBeyond("evaluate", record.until)) return {};
  const scope = new CancellationScope();
  const testing = Array.from({ length: folds }, (_, i) => scope.run(() => testFold(run, record, i)));
  try {
    return Object.assign({}, ...(await Promise.all(testing))) as Record<string, ArtifactRef>;
  } catch (error) {
    scope.cancel();
    // None may be left that a run which begins anew would meet under the same id.
    await Promise.allSettled(testing);
    throw error;
  }
}

async function testFold(run: TrainModelRun, record: RunRecord, fold: number): Promise<Record<string, ArtifactRef>> {
  const { restarts: _restarts, retries: _retries, ...common } = run;
  const child = foldRun(record, fold, new Date(Date.now()).toISOString());
  const retries = { pins: pinsOf(record, stages), anew: [] };
  const ended = await executeChild<typeof trainModel>("trainModel", {
    workflowId: workflowIdPrefix + child.runId,
    args: [{ ...common, record: child, restarts: 0, retries }],
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
  });
  const { metrics, predictions } = stageOf(ended, "evaluate")?.outputs ?? {};
  if (!metrics || !predictions) throw new TypeError(`Run ${child.runId} ended without an evaluation of its fold`);
  return { [`fold${fold + 1}Metrics`]: metrics, [`fold${fold + 1}Predictions`]: predictions };
}
