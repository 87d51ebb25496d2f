import type { WorkflowExecutionDescription } from "@temporalio/client";
import { isGrpcServiceError, ServiceError } from "@temporalio/client";

import type { RunRecord } from "../ml/run/schema.ts";
import { StorageFailed } from "../storage/s3-object-store.ts";
import { readLiveState } from "../stack/stack-state.ts";
import type { Link } from "./connect.ts";
import { liveState } from "./live-state.ts";
import { describeRun } from "./pending-activities.ts";
import type { RunView } from "./types.ts";
import { UnknownRun } from "./types.ts";

const pollMs = 250;

/** A record is stored before its workflow is started: so long the server may not know the run yet. */
const startWithinMs = 60_000;

/** A run as it stands now: the record in storage joined with Temporal; a record its workflow could not finish is repaired. */
export async function viewRun(link: Link, runId: string): Promise<RunView> {
  const view = await findView(link, runId);
  if (!view) throw new UnknownRun(`There is no record of run ${runId} in ${link.store.objects.describe()}`);
  return view;
}

/** Like {@link viewRun}, with null for a run that has no record, or none any more. */
export async function findView(link: Link, runId: string): Promise<RunView | null> {
  const [record, description] = await Promise.all([link.store.runs.find(runId), describeRun(link, runId)]);
  if (!record) return null;
  if (record.finishedAt !== null) return withoutProgress(record);
  if (!description && isBeginning(record)) return withoutProgress(record);
  if (!description || description.status.name !== "RUNNING") return withoutProgress(await settle(link, record, description));
  return { record, ...liveState(record, description, readLiveState(link.environment.stateFolder)) };
}

function isBeginning({ startedAt }: RunRecord): boolean {
  return Date.now() - Date.parse(startedAt) < startWithinMs;
}

/** What is to be said of a run that Temporal says nothing of. */
function withoutProgress(record: RunRecord): RunView {
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
