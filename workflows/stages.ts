import { ActivityFailure, ApplicationFailure, proxyActivities } from "@temporalio/workflow";

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
export class Stages {
  readonly #state: RunState;
  readonly #run: TrainModelRun;
  readonly #data: StageActivities;
  readonly #gpu: StageActivities;
  /** Which entry each output of this run belongs to, by the output's hash. */
  readonly #producers = new Map<string, { stage: Stage; key: string; entry: string }>();

  constructor(state: RunState, run: TrainModelRun) {
    this.#state = state;
    this.#run = run;
    this.#data = proxyActivities<StageActivities>({ taskQueue: run.queues.data, ...activityProfiles.dataStage });
    this.#gpu = proxyActivities<StageActivities>({ taskQueue: run.queues.gpu, ...activityProfiles.training });
  }

  async run<Name extends Stage>(name: Name, work: StageWork): Promise<StageOutputs[Name]> {
    const began = Date.now();
    const { runId, pipeline } = this.#run.record;
    const codeHash = this.#run.codeHashes[name];
    const startedAt = new Date(began).toISOString();
    this.#state.update(name, { status: "running", startedAt, codeHash, inputs: work.inputs, error: null });
    try {
      const seed = drawsChance(name) ? pipeline.seed : null;
      const { key, found } = await this.#state.findInLedger({ stage: name, codeHash, ...work, seed });
      const call = { runId, stage: name, key, codeHash, ...work, seed: pipeline.seed };
      const outcome = found ?? (await this.#execute(call));
      this.#note(name, key, outcome, began, found !== null);
      // The next stage that runs saves the record on its way; beside one that runs already, that may be long in coming.
      if (!found && this.#state.isRunningStage()) await this.#state.save();
      return outcome.outputs as StageOutputs[Name];
    } catch (error) {
      this.#state.update(name, { status: "failed", seconds: (Date.now() - began) / 1000, error: describeError(error) });
      await this.#forgetDamaged(error);
      throw error;
    }
  }

  /** Registers in two steps: publishing is idempotent by content and in the ledger, promotion is decided anew each time. */
  async publish(inputs: Refs): Promise<void> {
    const { pipeline, runId } = this.#run.record;
    const { name = pipeline.name, ...policy } = pipeline.register;
    const { licence = null } = pipeline.dataset;
    const { resize, kernel } = pipeline.ingest;
    const parameters = { name, licence, preprocessing: { resize, kernel } };
    const { version } = await this.run("register", { parameters, inputs });
    const { promote } = proxyActivities<Pick<DataActivities, "promote">>({
      taskQueue: this.#run.queues.data,
      ...activityProfiles.dataStage,
    });
    try {
      const promoted = await promote({ version, policy, runId });
      const { summary, status } = this.#state.stage("register");
      this.#state.record.model = { name: promoted.name, version: promoted.version, isNew: status === "ran" };
      this.#state.update("register", { summary: { ...summary, promotion: promoted.decision } });
    } catch (error) {
      this.#state.update("register", { status: "failed", error: describeError(error) });
      throw error;
    }
  }

  #execute(call: StageCall): Promise<StageOutcome> {
    this.#state.showInSearch({ ConvoyStage: call.stage });
    return (isGpuStage(call.stage) ? this.#gpu : this.#data)[call.stage](call);
  }

  #note(name: Stage, key: string, outcome: StageOutcome, began: number, reused: boolean): void {
    const own = outcome.madeBy === this.#run.record.runId;
    for (const output of Object.values(outcome.outputs))
      this.#producers.set(output.sha256, { stage: name, key, entry: outcome.entry });
    this.#state.update(name, {
      // A stage this very run made before it began anew has run in it, although it is found in the ledger now.
      status: reused && !own ? "reused" : "ran",
      seconds: (Date.now() - began) / 1000,
      attempts: Math.max(outcome.attempts, this.#state.stage(name).attempts),
      key,
      entry: outcome.entry,
      reusedFrom: own ? null : outcome.madeBy,
      outputs: outcome.outputs,
      summary: outcome.summary as Record<string, never>,
    });
  }

  /** @throws {DamagedResult} where the error says that an earlier stage's bytes are damaged: the run begins anew */
  async #forgetDamaged(error: unknown): Promise<void> {
    const cause = error instanceof ActivityFailure ? error.cause : null;
    if (!(cause instanceof ApplicationFailure) || cause.type !== "ArtifactCorrupt") return;
    const [{ sha256 }] = cause.details as [{ sha256: string }];
    const producer = this.#producers.get(sha256);
    if (!producer) return;
    await this.#state.evictFromLedger({ ...producer, damaged: sha256 });
    throw new DamagedResult(`${producer.stage} has to run again: ${cause.message}`, { cause: error });
  }
}

function isGpuStage(name: Stage): boolean {
  return (gpuStages as readonly Stage[]).includes(name);
}

function drawsChance(name: Stage): boolean {
  return (seededStages as readonly Stage[]).includes(name);
}
