import { ActivityFailure, ApplicationFailure, CancellationScope, proxyActivities } from "@temporalio/workflow";

import type { DataActivities, GpuActivities } from "../activities/index.ts";
import type { GivenResult } from "../activities/bookkeeping.ts";
import type { LedgerAnswer, PinnedOutcome, StageOutcome } from "../activities/look-up.ts";
import type { StageAnswer, StageCall, StagePartCall } from "../activities/run-stage.ts";
import type { ArtifactRef } from "../ml/artifact.ts";
import { stageParameters } from "../ml/run/stage-parameters.ts";
import type { Stage } from "../ml/stages.ts";
import { gpuStages, isBeyond } from "../ml/stages.ts";
import type { LedgerMode } from "../storage/ledger.ts";
import { activityProfiles } from "../temporal.config.ts";
import type { StageWork } from "./ledger-answers.ts";
import { LedgerAnswers } from "./ledger-answers.ts";
import type { RunState, TrainModelRun } from "./run-state.ts";
import { describeError } from "./run-state.ts";

/** What each stage hands on, by name. */
export interface StageOutputs {
  ingest: { dataset: ArtifactRef; source?: ArtifactRef };
  check: { report: ArtifactRef; page: ArtifactRef };
  split: { split: ArtifactRef; summary: ArtifactRef };
  normalize: { normalizer: ArtifactRef };
  encode: { encoder: ArtifactRef };
  augment: { augmentation: ArtifactRef };
  explore: { report: ArtifactRef };
  train: { model: ArtifactRef; weights: ArtifactRef; history: ArtifactRef };
  evaluate: { metrics: ArtifactRef; predictions: ArtifactRef; report: ArtifactRef };
  register: { version: ArtifactRef };
}

/** All stages look alike to Temporal: one call, one answer, on the queue of their kind. */
type StageActivities = Record<Stage, (call: StageCall) => Promise<StageAnswer>>;

type Refs = Readonly<Record<string, ArtifactRef>>;

/** Thrown when a stage found the bytes of an earlier one missing or damaged; the ledger has forgotten that one already. */
export class DamagedResult extends Error {
  override name = "DamagedResult";
}

/** Thrown in place of a stage that this run was not asked for: it ends well before. */
export class EndReached extends Error {
  override name = "EndReached";
}

/** The one way a workflow calls a stage: ask the ledger, else run the activity; record either, with every number there is. */
export class Stages {
  readonly #state: RunState;
  readonly #run: TrainModelRun;
  readonly #data: StageActivities;
  readonly #gpu: StageActivities;
  readonly #answers: LedgerAnswers;
  /** What this run was given or made so far. */
  readonly #results: GivenResult[] = [];

  constructor(state: RunState, run: TrainModelRun) {
    this.#state = state;
    this.#run = run;
    this.#answers = new LedgerAnswers(state, run);
    this.#data = proxyActivities<StageActivities>({ taskQueue: run.queues.data, ...activityProfiles.dataStage });
    this.#gpu = proxyActivities<StageActivities>({ taskQueue: run.queues.gpu, ...activityProfiles.training });
  }

  /** @throws {EndReached} where the run was asked for an earlier stage only */
  async run<Name extends Stage>(name: Name, work: StageWork): Promise<StageOutputs[Name]> {
    const { until } = this.#state.record;
    if (isBeyond(name, until)) throw new EndReached(`${name} comes after ${until}`);
    for (;;) {
      try {
        return (await this.#runOnce(name, work)) as StageOutputs[Name];
      } catch (error) {
        if (!(await this.#state.mayGoOn(name, error))) throw error;
      }
    }
  }

  /** The training, to its last epoch or to where the run wants it to end; that is part of what it is, but of no checkpoint. */
  train(inputs: Refs): Promise<StageOutputs["train"]> {
    const { pipeline, untilEpoch } = this.#state.record;
    // A reproduction names the last epoch too: without one, time could end it earlier than the run that it reproduces.
    if (untilEpoch === undefined || (untilEpoch >= pipeline.train.epochs && !this.#run.reproduces))
      return this.run("train", { inputs });
    return this.run("train", { inputs, parameters: { train: pipeline.train, model: pipeline.model, untilEpoch } });
  }

  async #runOnce(name: Stage, { inputs, parameters }: StageWork): Promise<Refs> {
    const began = Date.now();
    const codeHash = this.#run.codeHashes[name];
    const startedAt = new Date(began).toISOString();
    this.#state.update(name, { status: "running", startedAt, codeHash, inputs, error: null });
    try {
      const answer = await this.#answers.of(name, { inputs, parameters });
      const outcome = answer.found ?? (await this.#execute(this.#callOf(answer, { inputs, parameters })));
      this.#note(name, answer.key, outcome, began, answer.found !== null);
      return outcome.outputs;
    } catch (error) {
      const { attempt: attempts = this.#state.stage(name).attempts, outputs = {} } = failureDetail(error);
      this.#state.update(name, {
        status: "failed",
        attempts,
        seconds: (Date.now() - began) / 1000,
        outputs,
        error: describeError(error),
      });
      await this.#forgetDamaged(error);
      throw error;
    }
  }

  #callOf({ stage, key, continues = [] }: LedgerAnswer, { inputs, parameters }: StageWork): StageCall {
    const { runId, pipeline } = this.#state.record;
    const [continuedFrom] = continues;
    if (continuedFrom) this.#state.update(stage, { continuedFrom });
    return {
      runId,
      stage,
      key,
      codeHash: this.#run.codeHashes[stage],
      parameters: parameters ?? stageParameters[stage](pipeline),
      inputs,
      seed: pipeline.seed,
      attemptsBefore: this.#state.stage(stage).attempts,
      ledger: this.#ledgerMode(stage),
      continues: continues.map((earlier) => earlier.runId),
      next: this.#answers.nextWork(),
    };
  }

  #ledgerMode(name: Stage): LedgerMode {
    if (this.#run.reproduces) return "none";
    return this.#run.retries?.anew.includes(name) ? "replace" : "adopt";
  }

  /** Registers in two steps: publishing is idempotent by content and in the ledger, promotion is decided anew each time. */
  async publish(inputs: Refs): Promise<void> {
    const { version } = await this.run("register", { inputs });
    const { pipeline, runId } = this.#state.record;
    const { name: _name, formats: _formats, ...policy } = pipeline.register;
    const promoteOn = (taskQueue: string) =>
      proxyActivities<Pick<DataActivities, "promote">>({ taskQueue, ...activityProfiles.dataStage }).promote;
    try {
      const call = { version, policy, runId };
      const decided = await promoteOn(this.#run.queues.data)(call);
      // Only where the champion has to be asked about another test set than its own does it take TensorFlow.
      const promoted = decided.decision === null ? await promoteOn(this.#run.queues.gpu)(call) : decided;
      const { summary, status } = this.#state.stage("register");
      this.#state.record.model = { name: promoted.name, version: promoted.version, isNew: status === "ran" };
      this.#state.update("register", { summary: { ...summary, promotion: promoted.decision } });
    } catch (error) {
      this.#state.update("register", { status: "failed", error: describeError(error) });
      throw error;
    }
  }

  /** Asks the stage's activity; where it answers with parts, has them made wherever there is room and asks it to join them. */
  async #execute(call: StageCall): Promise<StageOutcome> {
    const ask = (isGpuStage(call.stage) ? this.#gpu : this.#data)[call.stage];
    const answer = await ask(call);
    if (!("parts" in answer)) return this.#answers.take(answer, call.next);
    const { parts, outputs } = answer;
    const made = await ask({ ...call, joined: await this.#makeParts(call, parts), ...(outputs ? { outputs } : {}) });
    if ("parts" in made) throw new TypeError(`Stage ${call.stage} was asked to join its parts, and answered with others`);
    return this.#answers.take(made, call.next);
  }

  /** All parts at once: the workers' slots decide how many run. Where one fails for good, the others are cancelled. */
  async #makeParts({ inputs: _inputs, next: _next, ...call }: StageCall, parts: readonly ArtifactRef[]): Promise<ArtifactRef[]> {
    const makePart = this.#partMaker(call.stage);
    const scope = new CancellationScope();
    try {
      return await scope.run(() => Promise.all(parts.map((part, i) => makePart({ ...call, part, number: i + 1 }))));
    } catch (error) {
      scope.cancel();
      throw error;
    }
  }

  /** The activity that makes a stage's parts, on the queue of their kind. */
  #partMaker(stage: Stage): (call: StagePartCall) => Promise<ArtifactRef> {
    const { queues } = this.#run;
    if (stage === "ingest") {
      const options = { taskQueue: queues.data, ...activityProfiles.dataStage };
      return proxyActivities<Pick<DataActivities, "ingestPart">>(options).ingestPart;
    }
    if (stage === "explore") {
      const options = { taskQueue: queues.gpu, ...activityProfiles.training };
      return proxyActivities<Pick<GpuActivities, "labelNoise">>(options).labelNoise;
    }
    throw new TypeError(`Stage ${stage} answered with parts; nobody makes them`);
  }

  #note(name: Stage, key: string, outcome: StageOutcome, began: number, reused: boolean): void {
    const own = outcome.madeBy === this.#run.record.runId;
    const { codeHash: pinnedCode } = outcome as Partial<PinnedOutcome>;
    this.#results.push({ stage: name, key, entry: outcome.entry, outputs: Object.values(outcome.outputs) });
    this.#state.update(name, {
      // A stage this very run made before it began anew has run in it, although it is found in the ledger now.
      status: reused && !own ? "reused" : "ran",
      seconds: (Date.now() - began) / 1000,
      attempts: Math.max(outcome.attempts, this.#state.stage(name).attempts),
      key,
      entry: outcome.entry,
      reusedFrom: own ? null : outcome.madeBy,
      ...(reused && !own ? { reusedBy: pinnedCode === undefined ? ("ledger" as const) : ("pin" as const) } : {}),
      ...(pinnedCode === undefined ? {} : { codeHash: pinnedCode }),
      ...(outcome.environment ? { environment: { ...outcome.environment } } : {}),
      ...(outcome.continuedFrom === undefined ? {} : { continuedFrom: outcome.continuedFrom }),
      outputs: outcome.outputs,
      summary: outcome.summary as Record<string, never>,
    });
  }

  /** @throws {DamagedResult} where the error says that an earlier stage's bytes are damaged: the run begins anew */
  async #forgetDamaged(error: unknown): Promise<void> {
    const cause = error instanceof ActivityFailure ? error.cause : null;
    if (!(cause instanceof ApplicationFailure) || cause.type !== "ArtifactCorrupt") return;
    const [{ sha256 }] = cause.details as [{ sha256: string }];
    const stage = await this.#state.evictFromLedger({ sha256, results: this.#results });
    if (stage !== null) throw new DamagedResult(`${stage} has to run again: ${cause.message}`, { cause: error });
  }
}

/** What a stage's failure tells beside its message: the attempt that it ended, and what the stage stored although it failed. */
interface FailureDetail {
  attempt?: number;
  outputs?: Refs;
}

/** Empty where nobody could say, as when a worker went silent. */
function failureDetail(error: unknown): FailureDetail {
  const cause = error instanceof ActivityFailure ? error.cause : null;
  const [detail] = (cause instanceof ApplicationFailure ? cause.details : null) ?? [];
  return (detail as FailureDetail | null | undefined) ?? {};
}

function isGpuStage(name: Stage): boolean {
  return (gpuStages as readonly Stage[]).includes(name);
}
