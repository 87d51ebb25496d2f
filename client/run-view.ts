import type { WorkflowExecutionDescription } from "@temporalio/client";
import { defaultPayloadConverter } from "@temporalio/common";
import { isGrpcServiceError, ServiceError } from "@temporalio/client";

import proto from "@temporalio/proto";

import type { RunRecord, StageProgress } from "../ml/run/schema.ts";
import { stageProgressSchema } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";
import { StorageFailed } from "../storage/s3-object-store.ts";
import type { Link } from "./connect.ts";
import type { PendingActivity } from "./pending-activities.ts";
import { describeRun, workOf } from "./pending-activities.ts";
import type { RunView } from "./types.ts";
import { UnknownRun } from "./types.ts";

const pollMs = 250;

/** After so long without a worker taking a stage, a watcher is told. */
const unservedAfterMs = 10_000;

/** A run as it stands now: the record in storage joined with Temporal; a record its workflow could not finish is repaired. */
export async function viewRun(link: Link, runId: string): Promise<RunView> {
  const [record, description] = await Promise.all([link.store.runs.find(runId), describeRun(link, runId)]);
  if (!record) throw new UnknownRun(`There is no record of run ${runId} in ${link.store.objects.describe()}`);
  if (record.finishedAt !== null) return ended(record);
  if (!description || description.status.name !== "RUNNING") return ended(await settle(link, record, description));
  return { record, ...liveState(runId, description) };
}

function ended(record: RunRecord): RunView {
  return { record, progress: {}, notices: [], paused: [] };
}

/** Yields a view whenever something changed. A server that is away is a notice, not an end: the run goes on when it is back. */
export async function* watchRun(link: Link, runId: string, signal?: AbortSignal): AsyncIterable<RunView> {
  let last = "";
  let view: RunView | null = null;
  while (!signal?.aborted) {
    try {
      view = await viewRun(link, runId);
    } catch (error) {
      const notice = outage(error);
      if (!notice || !view) throw error;
      view = { ...view, notices: [notice] };
    }
    const text = JSON.stringify(view);
    if (text !== last) yield view;
    last = text;
    if (view.record.finishedAt !== null) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function outage(error: unknown): string | null {
  if (error instanceof StorageFailed) return `Storage is away; the run waits and goes on when it is back (${error.message})`;
  if (error instanceof ServiceError || isGrpcServiceError(error)) {
    const { message } = error instanceof ServiceError && error.cause instanceof Error ? error.cause : error;
    return `Temporal is away; the run goes on when it is back (${message})`;
  }
  return null;
}

/** Gives a record its ending where the workflow could not: terminated, timed out, lost with its server, or still writing it. */
async function settle(link: Link, record: RunRecord, description: WorkflowExecutionDescription | null): Promise<RunRecord> {
  const fresh = await link.store.runs.find(record.runId);
  if (fresh && fresh.finishedAt !== null) return fresh;
  const status = description?.status.name === "CANCELLED" ? "cancelled" : "terminated";
  const finishedAt = (description?.closeTime ?? new Date()).toISOString();
  const reason = description ? `Temporal says ${description.status.name}` : "Temporal does not know this run any more";
  const settled: RunRecord = {
    ...record,
    status,
    finishedAt,
    error: { type: "RunTerminated", message: `The run ended without writing its record: ${reason}` },
    stages: record.stages.map((stage) => {
      if (stage.status === "pending") return { ...stage, status: "skipped" };
      return stage.status === "running" ? { ...stage, status: "failed" } : stage;
    }),
  };
  await link.store.runs.put(settled);
  return settled;
}

function liveState(runId: string, { raw, taskQueue }: WorkflowExecutionDescription): Omit<RunView, "record"> {
  const paused = new Set<Stage>();
  const progress: RunView["progress"] = {};
  const notices: string[] = [];
  const attempt = raw.pendingWorkflowTask?.attempt ?? 1;
  if (attempt > 1) notices.push(`the workflow's own code fails (attempt ${attempt}); see the data worker's log`);
  for (const activity of raw.pendingActivities ?? []) {
    const { stage, isPart } = workOf(activity);
    if (!stage) continue;
    const live = progressOf(activity);
    if (live) progress[stage] = furthest(live, progress[stage]);
    if (activity.paused) paused.add(stage);
    else notices.push(...noticesOf(stage, activity, isPart ? null : taskQueue));
  }
  if (paused.size > 0) notices.push(`${[...paused].join(", ")} paused; let it go on: convoy resume ${runId}`);
  return { progress, notices, paused: [...paused] };
}

/** Parts of a stage begin in order: the furthest tells how far the whole is. */
function furthest(one: StageProgress, other: StageProgress | undefined): StageProgress {
  return other && other.done > one.done ? other : one;
}

function progressOf(activity: PendingActivity): StageProgress | null {
  const [details] = activity.heartbeatDetails?.payloads ?? [];
  if (!details) return null;
  const parsed = stageProgressSchema.safeParse(defaultPayloadConverter.fromPayload(details));
  return parsed.success ? parsed.data : null;
}

/** @param taskQueue null where waiting for one's turn is nothing to note */
function noticesOf(stage: Stage, activity: PendingActivity, taskQueue: string | null): string[] {
  if (activity.lastFailure && (activity.attempt ?? 1) > 1) {
    return [`${stage}: attempt ${activity.attempt} after ${reasonOf(activity.lastFailure)}`];
  }
  const isQueued = activity.state === proto.temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED;
  const queuedMs = Date.now() - Number(activity.scheduledTime?.seconds ?? Number.NaN) * 1000;
  return taskQueue !== null && isQueued && queuedMs > unservedAfterMs
    ? [`${stage}: no worker of this build has taken it yet (queue of ${taskQueue})`]
    : [];
}

function reasonOf(failure: NonNullable<PendingActivity["lastFailure"]>): string {
  if (failure.timeoutFailureInfo) return "its worker went silent";
  return `${failure.applicationFailureInfo?.type ?? "failure"}: ${failure.message ?? ""}`;
}
