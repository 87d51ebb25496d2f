import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  condition,
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  upsertSearchAttributes,
} from "@temporalio/workflow";
import type { Duration } from "@temporalio/common";

import type { DataActivities } from "../activities/index.ts";
import type { createBookkeepingActivities, DamagedBytes } from "../activities/bookkeeping.ts";
import type { LedgerAnswer, LedgerLookup, NextWork, PinnedOutcome } from "../activities/look-up.ts";
import type { RunError, RunRecord, RunStatus, StageRecord } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";
import { activityProfiles, saveWithin } from "../temporal.config.ts";
import type { RetryRequest } from "./operator.ts";
import { checkRetryRequest, retryUpdate } from "./operator.ts";

/** What starts a run, and what it carries along when it begins anew. */
export interface TrainModelRun {
  record: RunRecord;
  queues: { data: string; gpu: string };
  /** Code hash of each stage in the build that runs it. */
  codeHashes: Readonly<Record<Stage, string>>;
  /** Whether the server knows convoy's search attributes. */
  searchAttributes: boolean;
  /** How often damaged results made this run begin anew. */
  restarts: number;
  /** What a run that retries another one takes over from it. */
  retries?: {
    pins: Readonly<Partial<Record<Stage, PinnedOutcome>>>;
    /** Stages that do their work although the ledger may have a result. */
    anew: readonly Stage[];
  };
  /** Whether it only shows what another run's record leads to: without the ledger, and nothing is registered. */
  reproduces?: boolean;
}

/** A store that damages results again and again is broken; beyond this a run fails instead of going in circles. */
const maximumRestarts = 3;

/**
 * The run's record as it grows, and the one queue of all book-keeping. At most one local activity is under way at a time: on replay the
 * results of several come back in one activation instead of one after the other, so that whatever two of them trigger could change places.
 */
export class RunState {
  readonly record: RunRecord;
  readonly #run: TrainModelRun;
  readonly #bookkeeping = proxyLocalActivities<ReturnType<typeof createBookkeepingActivities>>(activityProfiles.bookkeeping);
  #queue: Promise<unknown> = Promise.resolve();
  #isSaved = true;
  #isSaveDue = false;
  #waits = false;
  /** Stages that failed for good and wait for an operator. */
  readonly #waiting = new Set<Stage>();

  constructor(run: TrainModelRun) {
    this.#run = run;
    this.record = JSON.parse(JSON.stringify(run.record)) as RunRecord; // the sandbox has no structuredClone; records are JSON
  }

  stage(name: Stage): StageRecord {
    const found = this.record.stages.find((stage) => stage.name === name);
    if (!found) throw new Error(`The run's record has no stage ${name}`);
    return found;
  }

  /** Takes a change; it is saved soon, or with {@link save}, whichever comes first. */
  update(name: Stage, change: Partial<StageRecord>): void {
    Object.assign(this.stage(name), change);
    this.#isSaved = false;
    if (!this.#isSaveDue) void this.#saveSoon();
  }

  findInLedger(lookup: LedgerLookup, next: NextWork): Promise<LedgerAnswer[]> {
    return this.#enqueue(() => this.#bookkeeping.findInLedger(lookup, next));
  }

  evictFromLedger(damaged: DamagedBytes): Promise<Stage | null> {
    return this.#enqueue(() => this.#bookkeeping.evictFromLedger(damaged));
  }

  /**
   * Resolves when everything up to now is saved. A cancelled run has a record to finish too.
   * @returns whether somebody is to be told of the run as it stands
   */
  save(): Promise<boolean> {
    return this.#enqueue(() => {
      this.#isSaved = true;
      return CancellationScope.nonCancellable(() => this.#bookkeeping.saveRunRecord(this.record));
    });
  }

  /** Nobody waits for this save: stages that follow each other quickly share one, and the stage that it shows runs already. */
  async #saveSoon(): Promise<void> {
    this.#isSaveDue = true;
    await CancellationScope.nonCancellable(() => sleep(saveWithin));
    this.#isSaveDue = false;
    if (this.#isSaved) return;
    // Whoever waits for a save fails with it, at the latest the run's end.
    await this.save().catch((error: unknown) => log.warn("the run's record could not be saved", { error: String(error) }));
  }

  /** Lets operators continue a run that waits for them. Scheduled runs and reproductions never wait. */
  acceptRetries(): void {
    const { schedule, pipeline } = this.record;
    this.#waits = schedule === undefined && !this.#run.reproduces && pipeline.onFailure === "wait";
    const retry = async (request: RetryRequest): Promise<Stage[]> => {
      const stages = [...this.#waiting];
      this.record.pipeline = request.pipeline;
      this.record.continued = [
        ...(this.record.continued ?? []),
        { at: new Date(Date.now()).toISOString(), stages, set: [...request.set] },
      ];
      this.#waiting.clear();
      await this.#showWaiting("running"); // whoever asked sees it go on
      return stages;
    };
    const validator = (request: RetryRequest) => checkRetryRequest(this.record, [...this.#waiting], request);
    setHandler(retryUpdate, retry, { validator });
  }

  /** After a failure that no retry mends: waits for an operator where the pipeline says so. @returns whether one lets the stage go on */
  async mayGoOn(name: Stage, error: unknown): Promise<boolean> {
    if (!this.#waits || isCancellation(error) || (error instanceof Error && error.name === "DamagedResult")) return false;
    this.#waiting.add(name);
    await this.#showWaiting("waiting");
    const isContinued = await condition(() => !this.#waiting.has(name), this.record.pipeline.waitTimeout as Duration);
    this.#waiting.delete(name);
    if (isContinued) this.update(name, { status: "pending", error: null });
    await this.#showWaiting(this.#waiting.size > 0 ? "waiting" : "running");
    return isContinued;
  }

  async #showWaiting(status: "waiting" | "running"): Promise<void> {
    this.record.status = status;
    this.showInSearch({ ConvoyStatus: status });
    // Nobody who waits for the operator waits for the word that he is wanted.
    if (await this.save()) void this.#tell();
  }

  /** Tells whoever wants to know, as far as that can be done: what became of the run does not depend on it. */
  async #tell(): Promise<void> {
    const { notify } = proxyActivities<Pick<DataActivities, "notify">>(activityProfiles.notification);
    try {
      await CancellationScope.nonCancellable(() => notify(this.record));
    } catch (error) {
      log.warn("nobody could be told of the run", { error: String(error) });
    }
  }

  async finish(status: RunStatus, error?: unknown): Promise<RunRecord> {
    this.record.status = status;
    this.record.finishedAt = new Date(Date.now()).toISOString();
    this.record.error = error === undefined ? null : describeError(error);
    for (const stage of this.record.stages) {
      if (stage.status === "pending") stage.status = "skipped";
      if (stage.status === "running") stage.status = "failed";
    }
    this.showInSearch({ ConvoyStatus: status });
    if (await this.save()) await this.#tell();
    return this.record;
  }

  /** Sets search attributes of the workflow, where the server knows them. */
  showInSearch(attributes: Record<string, string>): void {
    if (!this.#run.searchAttributes) return;
    upsertSearchAttributes(Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, [value]])));
  }

  mayBeginAnew(): boolean {
    return this.#run.restarts < maximumRestarts;
  }

  forContinuation(): TrainModelRun {
    return { ...this.#run, record: this.record, restarts: this.#run.restarts + 1 };
  }

  /** A cancellation stays one; everything else fails the workflow with the error's own class name as type. */
  asFailure(error: unknown): unknown {
    if (this.record.status === "cancelled") return error;
    const { type, message } = describeError(error);
    return ApplicationFailure.create({ message, type, nonRetryable: true, ...(error instanceof Error ? { cause: error } : {}) });
  }

  #enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(work);
    // A failure is its asker's to handle; the queue goes on.
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

/** Type and message of what really happened, beneath Temporal's own wrapping. */
export function describeError(error: unknown): RunError {
  const isWrapping = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  const cause = isWrapping && error.cause ? error.cause : error;
  if (cause instanceof ApplicationFailure) return { type: cause.type ?? "Error", message: cause.message };
  if (cause instanceof Error) return { type: cause.name, message: cause.message };
  return { type: "Error", message: String(cause) };
}
