import type { RunMetrics, RunRecord, RunRow } from "./schema.ts";
import type { Stage } from "../stages.ts";

/** Losses and metrics of a run by part, from its stages' summaries; null where a part was not measured. */
export function runMetrics(record: RunRecord): RunMetrics {
  const summaryOf = (name: Stage) => record.stages.find((stage) => stage.name === name)?.summary ?? {};
  const train = summaryOf("train");
  const evaluate = summaryOf("evaluate");
  return {
    train: asMetrics(train["train"]),
    trainEval: asMetrics(train["trainEval"]),
    validation: asMetrics(evaluate["validation"]) ?? asMetrics(train["validation"]),
    test: asMetrics(evaluate["test"]),
  };
}

/** What lists and searches know of a run. */
export function runRow(record: RunRecord): RunRow {
  const metrics = runMetrics(record);
  const accuracy = metrics.test?.["accuracy"];
  return {
    runId: record.runId,
    pipeline: record.pipeline.name,
    status: record.status,
    startedAt: record.startedAt,
    finishedAt: record.finishedAt,
    accuracy: typeof accuracy === "number" ? accuracy : null,
    model: record.model ? `${record.model.name}:${record.model.version}` : null,
    metrics,
    parameters: record.pipeline,
  };
}

function asMetrics(value: unknown): RunMetrics["train"] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
}
