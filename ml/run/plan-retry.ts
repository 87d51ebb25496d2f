import type { Pipeline } from "../pipeline.ts";
import type { Stage } from "../stages.ts";
import { stages } from "../stages.ts";
import { withDownstream } from "./downstream.ts";
import type { RunRecord, StageRecord } from "./schema.ts";
import { changedStages } from "./stage-parameters.ts";

export interface RetryWish {
  /** Run this stage and all that depend on it, whatever they did before. */
  from?: Stage | undefined;
  /** The pipeline to go on with; differs from the record's where values were set. */
  pipeline: Pipeline;
  /** Code hashes of the build that will run. */
  codeHashes: Readonly<Record<Stage, string>>;
  /** Stages of which an output, or something it refers to, is no longer in the store. */
  lost: readonly Stage[];
}

export interface RetryPlan {
  /** Handed on as they stand in the record. */
  pinned: StageRecord[];
  /** Those of them that today's code might do otherwise. */
  codeChanged: Stage[];
  /** Failed, never reached, changed, lost or asked for; with all that depend on them. */
  runs: Stage[];
  /** Those of them that do their work even where the ledger has a result: asked for, or lost. */
  anew: Stage[];
}

/** What of a run is kept and what is done, from its record alone. Stages are known by name, never by position. */
export function planRetry(record: RunRecord, { from, pipeline, codeHashes, lost }: RetryWish): RetryPlan {
  const unfinished = stages.filter((name) => !hasResult(stageOf(record, name)));
  const changed = changedStages(record.pipeline, pipeline);
  const runs = withDownstream([...unfinished, ...changed, ...lost, ...(from === undefined ? [] : [from])]);
  const pinned = record.stages.filter(({ name }) => !runs.includes(name));
  const anew = stages.filter((name) => lost.includes(name) || (from !== undefined && withDownstream([from]).includes(name)));
  return {
    pinned,
    codeChanged: pinned.filter(({ name, codeHash }) => codeHash !== codeHashes[name]).map(({ name }) => name),
    runs,
    anew,
  };
}

/** Whether a stage ended with outputs that can be handed on. */
export function hasResult(
  stage: StageRecord | undefined,
): stage is StageRecord & { key: string; entry: string; codeHash: string } {
  const { status, key, entry, codeHash } = stage ?? {};
  return (status === "ran" || status === "reused") && key != null && entry != null && codeHash != null;
}

export function stageOf(record: RunRecord, name: Stage): StageRecord | undefined {
  return record.stages.find((stage) => stage.name === name);
}
