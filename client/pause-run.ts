import { setTimeout as wait } from "node:timers/promises";

import proto from "@temporalio/proto";

import { InvalidConfiguration } from "../ml/errors.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";
import { gpuStages, stages } from "../ml/stages.ts";
import { gpuClassQueue, taskQueues, workflowIdPrefix } from "../temporal.config.ts";
import type { Link } from "./connect.ts";
import { isServed } from "./is-served.ts";
import type { PendingActivity } from "./pending-activities.ts";
import { describeRun, workOf } from "./pending-activities.ts";
import { viewRun } from "./run-view.ts";
import { Unavailable } from "./types.ts";

const pollMs = 200;
/** Of all profiles in temporal.config.ts, for servers that do not say an activity's own. */
const longestHeartbeatTimeoutSeconds = 60;
const { PENDING_ACTIVITY_STATE_PAUSED, PENDING_ACTIVITY_STATE_PAUSE_REQUESTED } =
  proto.temporal.api.enums.v1.PendingActivityState;

/** Which of a run's activities are meant. */
type Wanted = (activity: PendingActivity) => boolean;

/**
 * Pauses whatever a run is doing, and waits until it stands still. A stage that ends before it notices is replaced by the next one, which
 * is paused in its turn.
 *
 * @throws {InvalidConfiguration} where nothing is under way
 */
export async function pauseRun(link: Link, runId: string, signal?: AbortSignal): Promise<Stage[]> {
  await openRecord(link, runId);
  return standStill(link, runId, () => true, signal);
}

/**
 * Lets a paused run go on. With a class of gpu workers its training is moved there first: it stores a checkpoint, and the attempt that goes
 * on from it is given to the other queue.
 *
 * @throws {InvalidConfiguration} where nothing is paused, or no training is there to be moved
 * @throws {Unavailable} where no worker of that class serves the run's build
 */
export async function resumeRun(link: Link, runId: string, gpuClass?: string): Promise<Stage[]> {
  const { buildId } = await openRecord(link, runId);
  if (gpuClass !== undefined) await moveTraining(link, { runId, buildId, gpuClass });
  const paused = (await pendingActivities(link, runId)).filter((activity) => activity.paused);
  if (paused.length === 0) throw new InvalidConfiguration(`Run ${runId} is not paused; convoy show ${runId} says what it does`);
  await link.ensureWorkers(buildId);
  await Promise.all(
    paused.map(({ activityId }) => link.temporal.workflowService.unpauseActivity(addressOf(link, runId, activityId))),
  );
  return stagesOf(paused);
}

async function moveTraining(
  link: Link,
  { runId, buildId, gpuClass }: { runId: string; buildId: string; gpuClass: string },
): Promise<void> {
  const queue = gpuClassQueue(taskQueues(link.store.id, buildId).gpu, gpuClass);
  if (!(await isServed(link.temporal, queue))) {
    throw new Unavailable(
      `No gpu worker of class ${gpuClass} serves build ${buildId} of run ${runId} (queue ${queue})`,
      `start a gpu worker of that build with CONVOY_GPU_CLASS=${gpuClass}`,
    );
  }
  const isOnGpu: Wanted = (activity) => (gpuStages as readonly string[]).includes(activity.activityType?.name ?? "");
  if (!(await pendingActivities(link, runId)).some(isOnGpu)) {
    throw new InvalidConfiguration(
      `Run ${runId} has no training under way that could be moved; convoy show ${runId} says what it does`,
    );
  }
  await standStill(link, runId, isOnGpu);
  for (const { activityId } of (await pendingActivities(link, runId)).filter(isOnGpu)) {
    await link.temporal.workflowService.updateActivityOptions({
      ...addressOf(link, runId, activityId),
      activityOptions: { taskQueue: { name: queue } },
      updateMask: { paths: ["task_queue.name"] },
    });
  }
}

/** Pauses the wanted activities until each of those there are stands still. @returns their stages */
async function standStill(link: Link, runId: string, isWanted: Wanted, signal?: AbortSignal): Promise<Stage[]> {
  for (;;) {
    const wanted = (await pendingActivities(link, runId)).filter(isWanted);
    if (wanted.length > 0 && wanted.every(({ state }) => state === PENDING_ACTIVITY_STATE_PAUSED)) return stagesOf(wanted);
    await Promise.all(wanted.map((activity) => nudge(link, runId, activity)));
    await wait(pollMs, undefined, { signal });
    if (wanted.length === 0) await openRecord(link, runId);
  }
}

/**
 * Brings an activity nearer to standing still. One whose worker died is let go on for a moment: the server counts no silence of a paused
 * activity, and would wait for ever for a word of that worker.
 */
async function nudge({ temporal }: Link, runId: string, activity: PendingActivity): Promise<void> {
  const { workflowService } = temporal;
  const address = addressOf({ temporal }, runId, activity.activityId);
  try {
    if (!activity.paused) await workflowService.pauseActivity({ ...address, reason: "convoy pause" });
    else if (isSilent(activity)) await workflowService.unpauseActivity(address);
  } catch (error) {
    // One that has ended between two looks needs neither.
    const notFound = 5; // grpc.status.NOT_FOUND
    if (!(error instanceof Error && "code" in error && error.code === notFound)) throw error;
  }
}

/** Whether an attempt is said to run, and has not been heard of for so long that its worker cannot live. */
function isSilent({ state, lastHeartbeatTime, lastStartedTime, activityOptions }: PendingActivity): boolean {
  if (state !== PENDING_ACTIVITY_STATE_PAUSE_REQUESTED) return false;
  const heardAt = Math.max(...[lastHeartbeatTime, lastStartedTime].map((time) => Number(time?.seconds ?? 0)));
  const timeout = Number(activityOptions?.heartbeatTimeout?.seconds ?? longestHeartbeatTimeoutSeconds);
  return Date.now() / 1000 - heardAt > timeout;
}

/** @throws {InvalidConfiguration} where nothing of the run can be under way */
async function openRecord(link: Link, runId: string): Promise<RunRecord> {
  const { record } = await viewRun(link, runId);
  if (record.finishedAt === null && record.status !== "waiting") return record;
  throw new InvalidConfiguration(`Run ${runId} is ${record.status}: nothing of it is under way`);
}

async function pendingActivities(link: Link, runId: string): Promise<PendingActivity[]> {
  return (await describeRun(link, runId))?.raw.pendingActivities ?? [];
}

function addressOf({ temporal }: Pick<Link, "temporal">, runId: string, id: string | null | undefined) {
  const { namespace, identity } = temporal.options;
  return { namespace, identity, execution: { workflowId: workflowIdPrefix + runId }, id: id ?? "" };
}

function stagesOf(activities: readonly PendingActivity[]): Stage[] {
  const names = new Set(activities.map((activity) => workOf(activity).stage ?? "register"));
  return stages.filter((stage) => names.has(stage));
}
