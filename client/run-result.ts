import { runMetrics } from "../ml/run/run-row.ts";
import type { RunMetrics, RunRecord, StageRecord } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";

/** The document that `run --json` ends with, and the last line of `watch --json`. */
export interface RunResult {
  runId: string;
  status: RunRecord["status"];
  stages: { name: Stage; status: StageRecord["status"]; seconds: number; attempts: number }[];
  metrics: RunMetrics;
  model: { name: string; version: number } | null;
  /** Path on this machine of the evaluation's page, or of the check's where that stopped the run. */
  report: string | null;
  seed: number;
  error: RunRecord["error"];
}

/** @param report path of the page that says most of it, null where there is none */
export function runResult(record: RunRecord, report: string | null): RunResult {
  return {
    runId: record.runId,
    status: record.status,
    stages: record.stages.map(({ name, status, seconds, attempts }) => ({ name, status, seconds, attempts })),
    metrics: runMetrics(record),
    model: record.model && { name: record.model.name, version: record.model.version },
    report,
    seed: record.pipeline.seed,
    error: record.error,
  };
}
