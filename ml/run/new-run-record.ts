import { pendingStages } from "./pending-stages.ts";
import type { RunRecord } from "./schema.ts";

type Given = Pick<RunRecord, "runId" | "startedAt" | "pipeline" | "source" | "buildId" | "build">;

/** The record of a run that has done nothing yet. */
export function newRunRecord(given: Given): RunRecord {
  return { formatVersion: 1, ...given, status: "running", finishedAt: null, stages: pendingStages(), error: null, model: null };
}
