import { TemporalFailure } from "@temporalio/common";
import { activityInfo, ApplicationFailure, cancellationSignal, CancelledFailure, heartbeat } from "@temporalio/activity";

import type { ArtifactRef } from "../ml/artifact.ts";
import type { LedgerEntry } from "../ml/ledger/schema.ts";
import { ArtifactCorrupt, DatasetRejected, PipelineError } from "../ml/errors.ts";
import type { StageProgress } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";
import type { LedgerMode } from "../storage/ledger.ts";
import type { Store } from "../storage/open-store.ts";
import { heartbeatEveryMs, permanentErrors } from "../temporal.config.ts";
import type { LedgerAnswer, NextWork, StageOutcome } from "./look-up.ts";
import { lookAhead } from "./look-up.ts";
import type { StageContext, StageLog, StageParts, StagePartTask, StageResult, StageTask } from "./stage.ts";
import { withScratchFolder } from "../storage/scratch-folder.ts";

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
  /** Results of the parts this stage answered with, when it is asked to join them. */
  joined?: readonly ArtifactRef[];
  /** What it handed on together with those parts. */
  outputs?: Readonly<Record<string, ArtifactRef>>;
  /** What the ledger is asked for when the stage is done. */
  next: NextWork;
}

/** What a workflow asks of one part of a stage's work. */
export interface StagePartCall extends Omit<StageCall, "inputs" | "joined" | "outputs" | "next"> {
  part: ArtifactRef;
  /** 1 for the first. */
  number: number;
}

/** What a stage made, with what the ledger says of the stages that can follow now. */
export interface StageMade extends StageOutcome {
  ahead: readonly LedgerAnswer[];
}

export type StageAnswer = StageMade | StageParts;

export interface StageDependencies {
  store: Store;
  /** What may change bits on this worker; part of every ledger entry made here. */
  environment: Readonly<Record<string, string>>;
  /** A log for one attempt: every line carries run id, stage and attempt, and the part where the work is one. */
  openLog: (attempt: { runId: string; stage: Stage; attempt: number; part?: string }) => {
    log: StageLog;
    close: () => Promise<void>;
  };
}

/** Temporal refuses larger results after the work is done, retryably: the work would be done for ever. */
const resultLimitBytes = 256 * 1024;

/**
 * Makes an activity of a stage: heartbeats, log, scratch folder, error classes, and the ledger entry, written before the result is
 * announced. A retry starts the stage anew (training goes on from its checkpoint); whatever it stored is found again by content.
 */
export function runStage<Parameters, Inputs extends Readonly<Record<string, ArtifactRef>>>(
  work: (task: StageTask<Parameters, Inputs>, context: StageContext) => Promise<StageResult | StageParts>,
  dependencies: StageDependencies,
): (call: StageCall) => Promise<StageAnswer> {
  return (call) =>
    inAttempt({ ...call, ...(call.joined ? { part: "join" } : {}) }, dependencies, async (context, closeLog) => {
      const { runId, stage, key, codeHash, joined } = call;
      const startedAt = new Date();
      const result = await work(
        {
          parameters: call.parameters as Parameters,
          inputs: call.inputs as Inputs,
          seed: call.seed,
          ...(joined ? { joined } : {}),
        },
        context,
      );
      if ("parts" in result) {
        context.log.info({ parts: result.parts.length }, `${stage} is shared out`);
        return guardSize(result, stage);
      }
      const seconds = (Date.now() - startedAt.getTime()) / 1000;
      context.log.info({ seconds }, `${stage} done`);
      const { summary, continuedFrom } = result;
      const made = {
        stage,
        key,
        codeHash,
        environment: { ...dependencies.environment },
        runId,
        createdAt: startedAt.toISOString(),
        seconds,
        outputs: { ...call.outputs, ...result.outputs },
        summary: summary as Record<string, never>,
      };
      // The log is stored meanwhile; a second closing stores only what was said since.
      const [entry, ahead] = await Promise.all([
        dependencies.store.ledger.record(made, call.ledger),
        answersAhead(dependencies.store, call.next, made, context.log),
        closeLog(),
      ]);
      const outcome = { ...asOutcome(entry, context.attempt), ...(continuedFrom === undefined ? {} : { continuedFrom }) };
      return { ...guardSize(outcome, stage), ahead };
    });
}

/** What was made is not made again because the ledger could not be asked what follows: the workflow asks then. */
async function answersAhead(
  store: Store,
  next: NextWork,
  { stage, outputs }: Pick<LedgerEntry, "stage" | "outputs">,
  log: StageLog,
): Promise<LedgerAnswer[]> {
  try {
    return await lookAhead(store, { ...next, known: { ...next.known, [stage]: outputs } });
  } catch (error) {
    log.warn({ error: String(error) }, "the ledger could not be asked for the stages that follow");
    return [];
  }
}

/** Makes an activity of one part of a stage's work: everything of {@link runStage} but the ledger entry, which the whole gets. */
export function runStagePart<Parameters>(
  work: (task: StagePartTask<Parameters>, context: StageContext) => Promise<ArtifactRef>,
  dependencies: StageDependencies,
): (call: StagePartCall) => Promise<ArtifactRef> {
  return (call) =>
    inAttempt({ ...call, part: String(call.number) }, dependencies, (context) =>
      work({ parameters: call.parameters as Parameters, part: call.part }, context),
    );
}

/** What an attempt must know of the work it is one at; `part` names a piece of a stage's work. */
type AttemptedWork = Pick<StageCall, "runId" | "stage" | "attemptsBefore" | "continues"> & { part?: string };

/** One attempt at some work, with all that a stage may use of the world; its errors become failures that retry policies understand. */
async function inAttempt<Result>(
  { runId, stage, part, attemptsBefore = 0, continues = [] }: AttemptedWork,
  { store, openLog }: StageDependencies,
  work: (context: StageContext, closeLog: () => Promise<void>) => Promise<Result>,
): Promise<Result> {
  const attempt = attemptsBefore + activityInfo().attempt;
  const name = part === undefined ? stage : `${stage}, part ${part},`;
  const { log, close } = openLog({ runId, stage, attempt, ...(part === undefined ? {} : { part }) });
  const beating = new ProgressHeartbeat();
  log.info({ worker: activityInfo().taskQueue }, `${name} starts, attempt ${attempt}`);
  try {
    const context: Omit<StageContext, "scratchFolder"> = {
      runId,
      attempt,
      attemptsBefore,
      continues,
      artifacts: store.artifacts,
      openBucket: store.openBucket,
      log,
      signal: cancellationSignal(),
      progress: (done, total, unit) => beating.report({ done, total, unit }),
      report: (progress) => beating.report(progress),
    };
    return await withScratchFolder(stage, (scratchFolder) => work({ ...context, scratchFolder }, close));
  } catch (error) {
    if (error instanceof CancelledFailure) log.warn({}, `${name} cancelled`);
    else
      log.error(
        { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) },
        `${name} failed, attempt ${attempt}`,
      );
    throw asFailure(error, attempt);
  } finally {
    beating.stop();
    await close();
  }
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
  const stored = error instanceof DatasetRejected ? { outputs: error.outputs } : {};
  return ApplicationFailure.create({
    message: error.message,
    type: error.name,
    nonRetryable: error instanceof PipelineError && (permanentErrors as readonly string[]).includes(error.name),
    details: [{ attempt, ...damaged, ...stored }],
    cause: error,
  });
}

function guardSize<Answer extends StageOutcome | StageParts>(outcome: Answer, stage: Stage): Answer {
  const sizeBytes = Buffer.byteLength(JSON.stringify(outcome));
  if (sizeBytes <= resultLimitBytes) return outcome;
  throw ApplicationFailure.nonRetryable(
    `Stage ${stage} gives back ${sizeBytes} bytes; at most ${resultLimitBytes} may cross a stage boundary. Store them as an artifact`,
    "ResultTooLarge",
  );
}
