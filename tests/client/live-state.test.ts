import type { WorkflowExecutionDescription } from "@temporalio/client";
import proto from "@temporalio/proto";
import { expect, test } from "vitest";

import { liveState } from "../../client/live-state.ts";
import type { RunRecord } from "../../ml/run/schema.ts";
import type { StackState } from "../../stack/stack-state.ts";

const { PENDING_ACTIVITY_STATE_SCHEDULED, PENDING_ACTIVITY_STATE_STARTED } = proto.temporal.api.enums.v1.PendingActivityState;
const { PENDING_WORKFLOW_TASK_STATE_SCHEDULED } = proto.temporal.api.enums.v1.PendingWorkflowTaskState;
const aMinuteAgo = { seconds: Math.round(Date.now() / 1000) - 60 };
const now = { seconds: Math.round(Date.now() / 1000) };
const record = { runId: "06fr", buildId: "e36d09a213a4" } as RunRecord;

function noticesOf(raw: object, stack?: StackState): readonly string[] {
  return liveState(record, { raw } as WorkflowExecutionDescription, stack).notices;
}

function stackWith(buildId: string, detail: string | null): StackState {
  const process = { name: "gpu-worker-1", status: "restarting", pid: null, restarts: 3, detail };
  return { workers: [{ buildId, wish: "w", kind: "gpu", process }] } as StackState;
}

test("a run that no worker has begun is told, after ten seconds", () => {
  const task = { state: PENDING_WORKFLOW_TASK_STATE_SCHEDULED, attempt: 1 };
  const notice = "the run: no data worker of build e36d09a213a4 has taken it yet";
  expect(noticesOf({ pendingWorkflowTask: { ...task, scheduledTime: aMinuteAgo } })).toEqual([notice]);
  expect(noticesOf({ pendingWorkflowTask: { ...task, scheduledTime: now } })).toEqual([]);
});

test("a stage that no worker takes names the kind of worker, and why this machine's does not stay up", () => {
  const activity = { activityType: { name: "train" }, state: PENDING_ACTIVITY_STATE_SCHEDULED, scheduledTime: aMinuteAgo };
  const notice = "train: no gpu worker of build e36d09a213a4 has taken it yet";
  expect(noticesOf({ pendingActivities: [activity] }, stackWith("e36d09a213a4", "gpu-worker-1 ended: exit code 1"))).toEqual([
    `${notice}; gpu-worker-1 ended: exit code 1`,
  ]);
  expect(noticesOf({ pendingActivities: [activity] }, stackWith("another", "gpu-worker-1 ended: exit code 1"))).toEqual([notice]);
  expect(noticesOf({ pendingActivities: [activity] }, stackWith("e36d09a213a4", null))).toEqual([notice]);
});

test("a stage at work and a part that waits for its turn are nothing to tell", () => {
  const working = { activityType: { name: "train" }, state: PENDING_ACTIVITY_STATE_STARTED, scheduledTime: aMinuteAgo };
  const part = { activityType: { name: "ingestPart" }, state: PENDING_ACTIVITY_STATE_SCHEDULED, scheduledTime: aMinuteAgo };
  expect(noticesOf({ pendingActivities: [working, part] })).toEqual([]);
});
