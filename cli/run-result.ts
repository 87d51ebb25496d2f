import type { RunRecord, StageRecord } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";

type Metrics = Record<string, unknown>;

/** The document that `run --json` ends with, and the last line of `watch --json`. */
export interface RunResult {
  runId: string;
  status: RunRecord["status"];
  stages: { name: Stage; status: StageRecord["status"]; seconds: number; attempts: number }[];
  metrics: {
    /** Running means over the last epoch, as Keras prints them. */
    train: Metrics | null;
    /** A clean pass over the training part. */
    trainEval: Metrics | null;
    validation: Metrics | null;
    test: Metrics | null;
  };
  model: { name: string; version: number } | null;
  /** Path on this machine of the evaluation's page, or of the check's where that stopped the run. */
  report: string | null;
  seed: number;
  error: RunRecord["error"];
}

/** @param report path of the page that says most of it, null where there is none */
export function runResult(record: RunRecord, report: string | null): RunResult {
  const summaryOf = (name: Stage): Metrics => record.stages.find((stage) => stage.name === name)?.summary ?? {};
  const train = summaryOf("train");
  const evaluate = summaryOf("evaluate");
  return {
    runId: record.runId,
    status: record.status,
    stages: record.stages.map(({ name, status, seconds, attempts }) => ({ name, status, seconds, attempts })),
    metrics: {
      train: metrics(train["train"]),
      trainEval: metrics(train["trainEval"]),
      validation: metrics(evaluate["validation"]) ?? metrics(train["validation"]),
      test: metrics(evaluate["test"]),
    },
    model: record.model && { name: record.model.name, version: record.model.version },
    report,
    seed: record.pipeline.seed,
    error: record.error,
  };
}

function metrics(value: unknown): Metrics | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
}
