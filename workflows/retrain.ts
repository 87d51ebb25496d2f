import { executeChild, log, proxyActivities, proxyLocalActivities, workflowInfo } from "@temporalio/workflow";

import type { DataActivities } from "../activities/index.ts";
import type { createBookkeepingActivities } from "../activities/bookkeeping.ts";
import type { createScheduleActivities, ScheduledPlan } from "../activities/schedule.ts";
import { newRunId } from "../ml/run/new-run-id.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import type { ScheduledRun } from "../ml/schedule/schema.ts";
import { activityProfiles, workflowIdPrefix } from "../temporal.config.ts";
import { describeError } from "./run-state.ts";
import { trainModel } from "./train-model.ts";

/** What a schedule starts this workflow with. */
export interface Retraining {
  /** The schedule's. */
  name: string;
  /** Whether the server knows convoy's search attributes. */
  searchAttributes: boolean;
}

/** What a schedule starts: looks at the data, decides whether a run is needed, does it as any other run, and notes what became of it. */
export async function retrain({ name, searchAttributes }: Retraining): Promise<ScheduledRun> {
  const activities = proxyActivities<ReturnType<typeof createScheduleActivities>>(activityProfiles.dataStage);
  const scheduledAt = nominalTime();
  const note: ScheduledRun = {
    formatVersion: 1,
    schedule: name,
    scheduledAt,
    runId: null,
    reasons: [],
    source: null,
    drift: null,
    status: "running",
    model: null,
    error: null,
  };
  const attemptId = nextRunId();
  try {
    const plan = await activities.planScheduledRun({ name, scheduledAt, runId: attemptId });
    note.source = plan.record.source.sha256;
    let { decision } = plan;
    if (decision.answer === "measure") {
      const looked = await runChild({ ...plan, record: { ...plan.record, until: "check" } }, searchAttributes);
      const { dataset } = looked.stages.find((stage) => stage.name === "ingest")?.outputs ?? {};
      if (!dataset) throw new Error(`Run ${looked.runId} gave no data set to measure the drift on`);
      const measured = await activities.decideByDrift(plan.record, dataset);
      decision = measured.decision;
      note.drift = measured.drift;
      plan.record = { ...plan.record, runId: nextRunId() };
    }
    note.reasons = decision.reasons;
    if (decision.answer === "train") {
      note.runId = plan.record.runId;
      await activities.noteScheduledRun(note, attemptId);
      const record = await runChild(plan, searchAttributes);
      note.model = record.model;
      note.status = record.status;
      if (record.model && !record.model.isNew)
        note.reasons.push(
          `nothing new is registered: ${record.model.name} version ${record.model.version} has this content already`,
        );
    } else note.status = "skipped";
    await activities.noteScheduledRun(note, attemptId);
    return note;
  } catch (error) {
    const { type, message } = describeError(error);
    const failed: ScheduledRun = { ...note, status: "failed", error: `${type}: ${message}` };
    await activities.noteScheduledRun(failed, attemptId);
    if (note.runId === null) await tell(failed);
    throw error;
  }
}

/** As far as that can be done: what became of the schedule does not depend on it. */
async function tell(failed: ScheduledRun): Promise<void> {
  const { notifySchedule } = proxyActivities<Pick<DataActivities, "notifySchedule">>(activityProfiles.notification);
  try {
    await notifySchedule(failed);
  } catch (error) {
    log.warn("nobody could be told of the schedule", { error: String(error) });
  }
}

/** The time the schedule meant, to the second: also of a backfill, and however late the server was. */
function nominalTime(): string {
  const { searchAttributes, startTime } = workflowInfo();
  const [scheduled] = (searchAttributes["TemporalScheduledStartTime"] ?? []) as unknown[];
  const time = scheduled instanceof Date ? scheduled : startTime;
  return `${time.toISOString().slice(0, 19)}Z`;
}

function nextRunId(): string {
  return newRunId(Date.now(), Math.random);
}

/** A run like any other, which its own id can be watched, stopped and looked up by. */
async function runChild({ record, queues, codeHashes }: ScheduledPlan, searchAttributes: boolean): Promise<RunRecord> {
  const { saveRunRecord } = proxyLocalActivities<ReturnType<typeof createBookkeepingActivities>>(activityProfiles.bookkeeping);
  await saveRunRecord(record);
  return executeChild(trainModel, {
    workflowId: workflowIdPrefix + record.runId,
    taskQueue: queues.data,
    args: [{ record, queues, codeHashes, searchAttributes, restarts: 0 }],
    parentClosePolicy: "REQUEST_CANCEL",
    staticSummary: `${record.pipeline.name}, run ${record.runId}`,
    ...(searchAttributes ? { searchAttributes: { ConvoyPipeline: [record.pipeline.name], ConvoyStatus: ["running"] } } : {}),
  });
}
