import { ActivityFailure, ApplicationFailure, isCancellation, proxyActivities, proxyLocalActivities } from "@temporalio/workflow";

import type { DataActivities } from "../activities/index.ts";
import type { StageCall, StageOutcome } from "../activities/run-stage.ts";
import type { ArtifactRef } from "../ml/artifact.ts";
import type { Stage } from "../ml/stages.ts";
import { gpuStages, seededStages } from "../ml/stages.ts";
import { activityProfiles } from "../temporal.config.ts";
import type { RunState, TrainModelRun } from "./run-state.ts";
import { describeError } from "./run-state.ts";

/** What each stage hands on, by name. */
export interface StageOutputs {
  ingest: { dataset: ArtifactRef };
  check: { report: ArtifactRef };
  split: { split: ArtifactRef; summary: ArtifactRef };
  normalize: { normalizer: ArtifactRef };
  encode: { encoder: ArtifactRef };
  augment: { augmentation: ArtifactRef };
  explore: { report: ArtifactRef };
  train: { model: ArtifactRef; weights: ArtifactRef; history: ArtifactRef };
  evaluate: { metrics: ArtifactRef; predictions: ArtifactRef; report: ArtifactRef };
  register: { version: ArtifactRef };
}

/** All stages look alike to Temporal: one call, one outcome, on the queue of their kind. */
type StageActivities = Record<Stage, (call: StageCall) => Promise<StageOutcome>>;

type Refs = Readonly<Record<string, ArtifactRef>>;

interface StageWork {
  /** Exactly what the stage reads: it enters the ledger key. */
  parameters: unknown;
  inputs: Refs;
}

/** Thrown when a stage found the bytes of an earlier one missing or damaged; the ledger has forgotten that one already. */
export class DamagedResult extends Error {
  override name = "DamagedResult";
}

/** The one way a workflow calls a stage: ask the ledger, else run the activity; record either, with every number there is. */
export function createStages(state: RunState, run: TrainModelRun) {
  const bookkeeping = proxyLocalActivities<DataActivities>(activityProfiles.bookkeeping);
  const data = proxyActivities<StageActivities>({ taskQueue: run.queues.data, ...activityProfiles.dataStage });
  const gpu = proxyActivities<StageActivities>({ taskQueue: run.queues.gpu, ...activityProfiles.training });
  const { promote } = proxyActivities<Pick<DataActivities, "promote">>({
    taskQueue: run.queues.data,
    ...activityProfiles.dataStage,
  });
  const producers = new Map<string, { stage: Stage; key: string; entry: string }>();

  async function stage<Name extends Stage>(name: Name, work: StageWork): Promise<StageOutputs[Name]> {
    const began = Date.now();
    const codeHash = run.codeHashes[name];
    state.update(name, {
      status: "running",
      startedAt: new Date(began).toISOString(),
      codeHash,
      inputs: work.inputs,
      error: null,
    });
    try {
      const seed = drawsChance(name) ? run.record.pipeline.seed : null;
      const { key, found } = await bookkeeping.findInLedger({ stage: name, codeHash, ...work, seed });
      const call = { runId: run.record.runId, stage: name, key, codeHash, ...work, seed: run.record.pipeline.seed };
      const outcome = found ?? (await (isGpuStage(name) ? gpu : data)[name as Stage](call));
      note(name, key, outcome, began, found !== null);
      return outcome.outputs as StageOutputs[Name];
    } catch (error) {
      state.update(name, { status: "failed", seconds: (Date.now() - began) / 1000, error: describeError(error) });
      await forgetDamaged(error);
      throw error;
    }
  }

  function note(name: Stage, key: string, outcome: StageOutcome, began: number, reused: boolean): void {
    const own = outcome.madeBy === run.record.runId;
    for (const output of Object.values(outcome.outputs)) producers.set(output.sha256, { stage: name, key, entry: outcome.entry });
    state.update(name, {
      // A stage this very run made before it began anew has run in it, although it is found in the ledger now.
      status: reused && !own ? "reused" : "ran",
      seconds: (Date.now() - began) / 1000,
      attempts: Math.max(outcome.attempts, state.stage(name).attempts),
      key,
      entry: outcome.entry,
      reusedFrom: own ? null : outcome.madeBy,
      outputs: outcome.outputs,
      summary: outcome.summary as Record<string, never>,
    });
  }

  async function forgetDamaged(error: unknown): Promise<void> {
    const cause = error instanceof ActivityFailure ? error.cause : null;
    if (!(cause instanceof ApplicationFailure) || cause.type !== "ArtifactCorrupt") return;
    const { sha256 } = cause.details?.[0] as { sha256: string };
    const producer = producers.get(sha256);
    if (!producer) return;
    await bookkeeping.evictFromLedger({ ...producer, damaged: sha256 });
    throw new DamagedResult(`${producer.stage} has to run again: ${cause.message}`, { cause: error });
  }

  /** Registers in two steps: publishing is idempotent by content and in the ledger, promotion is decided anew each time. */
  async function publish(inputs: Refs): Promise<void> {
    const { name, ...policy } = run.record.pipeline.register;
    const model = name ?? run.record.pipeline.name;
    const { version } = await stage("register", {
      parameters: { name: model, licence: run.record.pipeline.dataset.licence ?? null },
      inputs,
    });
    try {
      const promoted = await promote({ version, policy, runId: run.record.runId });
      const isNew = state.stage("register").status === "ran";
      state.record.model = { name: promoted.name, version: promoted.version, isNew };
      state.update("register", { summary: { ...state.stage("register").summary, promotion: promoted.decision } });
    } catch (error) {
      if (!isCancellation(error)) state.update("register", { status: "failed", error: describeError(error) });
      throw error;
    }
  }

  return { stage, publish };
}

function isGpuStage(name: Stage): boolean {
  return (gpuStages as readonly Stage[]).includes(name);
}

function drawsChance(name: Stage): boolean {
  return (seededStages as readonly Stage[]).includes(name);
}
