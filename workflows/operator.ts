import { defineUpdate } from "@temporalio/workflow";

import type { Pipeline } from "../ml/pipeline.ts";
import { changedStages } from "../ml/run/stage-parameters.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";
import { retryUpdateName } from "../temporal.config.ts";

/** What an operator says to a run that waits: go on, and with which values. */
export interface RetryRequest {
  /** The whole pipeline as it shall be; checked by its schema already. */
  pipeline: Pipeline;
  /** The settings as they were given, for the record. */
  set: readonly string[];
}

/** Lets the stages go on that wait. @returns which */
export const retryUpdate = defineUpdate<Stage[], [RetryRequest]>(retryUpdateName);

/**
 * Refuses what a waiting run cannot do any more: values that a stage which has its result has read.
 * @throws {Error} to the asker; nothing of a refused request is recorded
 */
export function checkRetryRequest(record: RunRecord, waiting: readonly Stage[], { pipeline }: RetryRequest): void {
  if (waiting.length === 0) throw new Error(`Run ${record.runId} does not wait for an operator; it is ${record.status}`);
  const settled = changedStages(record.pipeline, pipeline).filter((name) => {
    const status = record.stages.find((stage) => stage.name === name)?.status;
    return !waiting.includes(name) && status !== "pending";
  });
  if (settled.length === 0) return;
  throw new Error(
    `A run that waits at ${waiting.join(" and ")} takes only values that this stage or a later one reads; ` +
      `${settled.join(" and ")} ${settled.length === 1 ? "has read" : "have read"} another value already. Stop it and retry it: convoy stop ${record.runId}`,
  );
}
