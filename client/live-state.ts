import type { WorkflowExecutionDescription } from "@temporalio/client";
import { defaultPayloadConverter } from "@temporalio/common";
import proto from "@temporalio/proto";

import type { RunRecord, StageProgress } from "../ml/run/schema.ts";
import { stageProgressSchema } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";
import { gpuStages } from "../ml/stages.ts";
import type { StackState } from "../stack/stack-state.ts";
import type { PendingActivity } from "./pending-activities.ts";
import { workOf } from "./pending-activities.ts";
import type { RunView } from "./types.ts";

const { PENDING_ACTIVITY_STATE_SCHEDULED: activityScheduled } = proto.temporal.api.enums.v1.PendingActivityState;
const { PENDING_WORKFLOW_TASK_STATE_SCHEDULED: workflowTaskScheduled } = proto.temporal.api.enums.v1.PendingWorkflowTaskState;

/** After so long without a worker taking something up, a watcher is told. */
const unservedAfterMs = 10_000;

type Timestamp = PendingActivity["scheduledTime"];
type Unserved = (what: string, kind: "data" | "gpu") => string;

/**
 * What Temporal says of a run that goes on.
 * @param stack the stack of this machine, whose workers may be why nothing happens
 */
export function liveState(
  { runId, buildId }: RunRecord,
  { raw }: WorkflowExecutionDescription,
  stack: StackState | undefined,
): Omit<RunView, "record"> {
  const paused = new Set<Stage>();
  const progress: RunView["progress"] = {};
  const unserved: Unserved = (what, kind) =>
    `${what}: no ${kind} worker of build ${buildId} has taken it yet${whyUnserved(kind, buildId, stack)}`;
  const notices = [noticeOfWorkflow(raw.pendingWorkflowTask, unserved)];
  for (const activity of raw.pendingActivities ?? []) {
    const { stage, isPart } = workOf(activity);
    if (!stage) continue;
    const live = progressOf(activity);
    if (live) progress[stage] = furthest(live, progress[stage]);
    if (activity.paused) paused.add(stage);
    else notices.push(noticeOfStage(stage, activity, isPart ? null : unserved));
  }
  if (paused.size > 0) notices.push(`${[...paused].join(", ")} paused; let it go on: convoy resume ${runId}`);
  return { progress, notices: notices.filter((notice) => notice !== null), paused: [...paused] };
}

function noticeOfWorkflow(task: WorkflowExecutionDescription["raw"]["pendingWorkflowTask"], unserved: Unserved): string | null {
  const attempt = task?.attempt ?? 1;
  if (attempt > 1) return `the workflow's own code fails (attempt ${attempt}); see the data worker's log`;
  return task?.state === workflowTaskScheduled && isLate(task.scheduledTime) ? unserved("the run", "data") : null;
}

/** @param unserved null where waiting for one's turn is nothing to note */
function noticeOfStage(stage: Stage, activity: PendingActivity, unserved: Unserved | null): string | null {
  if (activity.lastFailure && (activity.attempt ?? 1) > 1)
    return `${stage}: attempt ${activity.attempt} after ${reasonOf(activity.lastFailure)}`;
  const isQueued = activity.state === activityScheduled && isLate(activity.scheduledTime);
  return unserved && isQueued ? unserved(stage, kindOf(stage)) : null;
}

function kindOf(stage: Stage): "data" | "gpu" {
  return gpuStages.some((name) => name === stage) ? "gpu" : "data";
}

function isLate(scheduled: Timestamp): boolean {
  return Date.now() - Number(scheduled?.seconds ?? Number.NaN) * 1000 > unservedAfterMs;
}

/** The last words of such a worker on this machine, where it does not stay up. */
function whyUnserved(kind: "data" | "gpu", buildId: string, stack: StackState | undefined): string {
  const worker = stack?.workers.find(
    (entry) => entry.kind === kind && entry.buildId === buildId && entry.process.detail !== null,
  );
  return worker ? `; ${worker.process.detail}` : "";
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

function reasonOf(failure: NonNullable<PendingActivity["lastFailure"]>): string {
  if (failure.timeoutFailureInfo) return "its worker went silent";
  return `${failure.applicationFailureInfo?.type ?? "failure"}: ${failure.message ?? ""}`;
}
