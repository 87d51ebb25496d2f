import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { TemporalFailure } from "@temporalio/common";
import { activityInfo, ApplicationFailure, cancellationSignal, CancelledFailure, heartbeat } from "@temporalio/activity";

import type { ArtifactRef } from "../ml/artifact.ts";
import type { LedgerEntry } from "../ml/ledger/schema.ts";
import { ArtifactCorrupt, PipelineError } from "../ml/errors.ts";
import type { StageProgress } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";
import type { LedgerMode } from "../storage/ledger.ts";
import type { Store } from "../storage/open-store.ts";
import { heartbeatEveryMs, permanentErrors } from "../temporal.config.ts";
import type { Json, StageContext, StageLog, StageResult, StageTask } from "./stage.ts";

/** What a workflow asks of a stage's activity. The key was computed when the ledger was asked. */
export interface StageCall {
  runId: string;
  stage: Stage;
  key: string;
  codeHash: string;
  parameters: unknown;
  inputs: Readonly<Record<string, ArtifactRef>>;
  seed: number;
  /** Attempts that this run made at the stage before this call: while it waited for an operator, or before it began anew. */
  attemptsBefore?: number;
  /** What becomes of the ledger's entry: made unless there is one, made anew, or left alone. */
  ledger?: LedgerMode;
  /** Runs whose checkpoints a training goes on from where it has none of its own, the first one first. */
  continues?: readonly string[];
}

/** What a stage's activity gives back: references and small numbers, never bytes. */
export interface StageOutcome {
  entry: string;
  /** The run whose result was recorded first; another one's only if two runs made the same at the same time. */
  madeBy: string;
  outputs: Readonly<Record<string, ArtifactRef>>;
  summary: Readonly<Record<string, Json>>;
  attempts: number;
  /** What may change bits, where it was made. */
  environment?: Readonly<Record<string, string>>;
}

/** A result as another run's record has it, for the run that retries that one. */
export interface PinnedOutcome extends StageOutcome {
  key: string;
  /** Of the code that made it. */
  codeHash: string;
}

export interface StageDependencies {
  store: Store;
  /** What may change bits on this worker; part of every ledger entry made here. */
  environment: Readonly<Record<string, string>>;
  /** A log for one attempt: every line carries run id, stage and attempt. */
  openLog: (attempt: { runId: string; stage: Stage; attempt: number }) => { log: StageLog; close: () => Promise<void> };
}

/** Temporal refuses larger results after the work is done, retryably: the work would be done for ever. */
const resultLimitBytes = 256 * 1024;

/**
 * Makes an activity of a stage: heartbeats, log, scratch folder, error classes, and the ledger entry, written before the result is
 * announced. A retry starts the stage anew (training goes on from its checkpoint); whatever it stored is found again by content.
 */
export function runStage<Parameters, Inputs extends Readonly<Record<string, ArtifactRef>>>(
  work: (task: StageTask<Parameters, Inputs>, context: StageContext) => Promise<StageResult>,
  { store, environment, openLog }: StageDependencies,
): (call: StageCall) => Promise<StageOutcome> {
  return async (call) => {
    const attempt = (call.attemptsBefore ?? 0) + activityInfo().attempt;
    const { runId, stage, key, codeHash } = call;
    const { log, close } = openLog({ runId, stage, attempt });
    const scratchFolder = await mkdtemp(join(tmpdir(), `convoy-${stage}-`));
    const beating = new ProgressHeartbeat();
    const startedAt = new Date();
    log.info({ worker: activityInfo().taskQueue }, `${stage} starts, attempt ${attempt}`);
    try {
      const { outputs, summary } = await work(
        { parameters: call.parameters as Parameters, inputs: call.inputs as Inputs, seed: call.seed },
        {
          runId,
          attempt,
          attemptsBefore: call.attemptsBefore ?? 0,
          continues: call.continues ?? [],
          artifacts: store.artifacts,
          log,
          signal: cancellationSignal(),
          scratchFolder,
          progress: (done, total, unit) => beating.report({ done, total, unit }),
          report: (progress) => beating.report(progress),
        },
      );
      const seconds = (Date.now() - startedAt.getTime()) / 1000;
      log.info({ seconds }, `${stage} done`);
      const made = {
        stage,
        key,
        codeHash,
        environment: { ...environment },
        runId,
        createdAt: startedAt.toISOString(),
        seconds,
        outputs,
        summary: summary as Record<string, never>,
      };
      // The log is stored meanwhile; a second closing stores only what was said since.
      const [entry] = await Promise.all([store.ledger.record(made, call.ledger), close()]);
      return guardSize(asOutcome(entry, attempt), stage);
    } catch (error) {
      if (error instanceof CancelledFailure) log.warn({}, `${stage} cancelled`);
      else
        log.error(
          { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) },
          `${stage} failed, attempt ${attempt}`,
        );
      throw asFailure(error, attempt);
    } finally {
      beating.stop();
      await Promise.all([rm(scratchFolder, { recursive: true, force: true }), close()]);
    }
  };
}

/** Heartbeats from a timer, whatever the stage is doing, with the newest progress as details. */
class ProgressHeartbeat {
  #progress: StageProgress | null = null;
  readonly #timer: NodeJS.Timeout;

  /** The first comes with the first tick: most short stages then need none, and each costs the server a write. */
  constructor() {
    this.#timer = setInterval(() => heartbeat(this.#progress), heartbeatEveryMs);
  }

  report(progress: StageProgress): void {
    this.#progress = progress;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function asOutcome({ entry, runId, outputs, summary, environment }: LedgerEntry, attempts: number): StageOutcome {
  return { entry, madeBy: runId, outputs, summary, environment, attempts };
}

/** Errors become failures whose type is the class name, which is what retry policies go by, and which tell the attempt they ended. */
function asFailure(error: unknown, attempt: number): unknown {
  // An abort is a cancellation to the SDK.
  if (!(error instanceof Error) || error instanceof TemporalFailure || error.name === "AbortError") return error;
  const damaged = error instanceof ArtifactCorrupt ? { sha256: error.sha256 } : {};
  return ApplicationFailure.create({
    message: error.message,
    type: error.name,
    nonRetryable: error instanceof PipelineError && (permanentErrors as readonly string[]).includes(error.name),
    details: [{ attempt, ...damaged }],
    cause: error,
  });
}

function guardSize(outcome: StageOutcome, stage: Stage): StageOutcome {
  const sizeBytes = Buffer.byteLength(JSON.stringify(outcome));
  if (sizeBytes <= resultLimitBytes) return outcome;
  throw ApplicationFailure.nonRetryable(
    `Stage ${stage} gives back ${sizeBytes} bytes; at most ${resultLimitBytes} may cross a stage boundary. Store them as an artifact`,
    "ResultTooLarge",
  );
}
