import { isTrialRun } from "../sweep-record/trial-run.ts";

const foldRunId = /-fold-[0-9]+$/;

/** Whether a run was started by another one, or by a sweep, and is listed with that. */
export function isChildRun(runId: string): boolean {
  return foldRunId.test(runId) || isTrialRun(runId);
}
