import type { EarlierTraining, RunNotes, RunRecord, RunRow, StageProgress } from "../ml/run/schema.ts";
import type { StageForecast } from "../ml/run/forecast.ts";
import type { RunsSideBySide } from "../ml/run/side-by-side.ts";
import type { Pipeline } from "../ml/pipeline.ts";
import type { ReportStage, Stage } from "../ml/stages.ts";
import type { RunComparison } from "./compare-runs.ts";
import type { Schedules } from "./schedules.ts";
import type { ExportAnswer, ImportAnswer } from "./run-archives.ts";
import type { Housekeeping } from "./housekeeping.ts";
import type { Models } from "./models.ts";
import type { SweepClient } from "./sweeps.ts";

/** A run as it stands now: the record joined with Temporal. */
export interface RunView {
  record: RunRecord;
  /** Live progress of the stages that run at this moment. */
  progress: Partial<Record<Stage, StageProgress>>;
  /** What a watcher should know now: a server is away, no worker serves the build, an attempt failed and is retried. */
  notices: readonly string[];
  /** Stages that somebody has paused, or is just pausing. */
  paused: readonly Stage[];
}

/** What a run is called: its record's status, or `paused`. */
export type ShownStatus = RunRecord["status"] | "paused";

/** A run in a line, with what people said of it. */
export type ListedRun = Omit<RunRow, "parameters" | "status"> & { status: ShownStatus } & Pick<RunNotes, "tags" | "note">;

export interface ListOptions {
  limit: number;
  /** Only runs of this pipeline. */
  pipeline?: string;
  /** Only runs of which this condition is true, see `parseWhere`. */
  where?: string;
}

/** What to say of a run from now on. */
export interface NotesChange {
  /** Null removes a tag. */
  tags: Readonly<Record<string, string | null>>;
  /** Absent: the note stays as it is. */
  note?: string | undefined;
}

export interface LogLine {
  time: string;
  level: "debug" | "info" | "warn" | "error";
  runId: string;
  stage: string;
  attempt: number;
  message: string;
  fields: Record<string, unknown>;
}

export interface StartRunOptions {
  pipeline: Pipeline;
  /** Folder that relative dataset paths start from. */
  baseFolder: string;
  /** Folder that paths of the user's own modules start from (default: `baseFolder`). */
  moduleFolder?: string;
  /** The last stage wanted; all of them where absent. */
  until?: Stage | undefined;
  /** Called while local sources are hashed and uploaded. */
  onUpload?: (progress: StageProgress) => void;
}

export interface RetryOptions {
  /** Run this stage and all that depend on it, whatever they did before. */
  from?: Stage | undefined;
  /** `key=value` each, over the recorded pipeline. */
  set: readonly string[];
  /** Which build runs: the one the run names, or the present one. A waiting run goes on in its own. */
  code?: "original" | "current" | undefined;
}

/** What a retry does: shown before the run is followed. */
export interface RetryAnswer {
  runId: string;
  /** Whether the very same run goes on; else it is a new one. */
  isSameRun: boolean;
  /** Taken from the record, with the run that made each and whether its code is another today. */
  pinned: { stage: Stage; madeBy: string; codeChanged: boolean }[];
  runs: Stage[];
  /** Results that are no longer in the store: their stages run again. */
  lost: { stage: Stage; artifacts: string[] }[];
  /** Where training goes on. */
  checkpoint: EarlierTraining | null;
  /** The build that runs. */
  buildId: string;
}

export interface ReproduceOptions {
  /** Which build runs: the one the run names, or the present one, to see whether it does the same. */
  code: "original" | "current";
}

export interface ReproduceAnswer {
  runId: string;
  /** The build that runs. */
  buildId: string;
}

/** Everything a person can ask; the command line and other programs use the same. */
export interface Convoy {
  startRun(options: StartRunOptions): Promise<{ runId: string }>;
  /** What such a run would reuse or do, in the order of stages; starts and stores nothing. */
  forecastRun(options: StartRunOptions): Promise<StageForecast[]>;
  /**
   * Takes up a run that did not get to its end: what it has is kept, the rest is done. A waiting run goes on itself.
   * @throws {InvalidConfiguration} where there is nothing to retry, or a value cannot be set
   */
  retryRun(runId: string, options: RetryOptions): Promise<RetryAnswer>;
  /** Does a run again from its record alone; {@link compareRuns} says how the two compare. */
  reproduceRun(runId: string, options: ReproduceOptions): Promise<ReproduceAnswer>;
  /** Everything in which two runs differ, results by value. */
  compareRuns(a: string, b: string): Promise<RunComparison>;
  /** Metrics with intervals, settings and learning curves of several runs, and a page of them on this machine. */
  overlayRuns(runIds: readonly string[]): Promise<RunsSideBySide & { page: string }>;
  /** Writes a run into one file, see {@link importRun}. */
  exportRun(runId: string, file: string): Promise<ExportAnswer>;
  /** Takes a run out of such a file into this store. */
  importRun(file: string): Promise<ImportAnswer>;
  /** Yields a view whenever something changed, at most four times a second; ends with the final one. */
  watchRun(runId: string, options?: { signal?: AbortSignal }): AsyncIterable<RunView>;
  viewRun(runId: string): Promise<RunView>;
  /** Newest first. @throws {InvalidConfiguration} where the condition cannot be read */
  listRuns(options: ListOptions): Promise<ListedRun[]>;
  /** Tags a run and writes its note. */
  noteRun(runId: string, change: NotesChange): Promise<RunNotes>;
  /** Full id of a unique prefix, or of `latest`. @throws {UnknownRun} */
  resolveRunId(prefix: string): Promise<string>;
  /** Asks a run to stop; resolves when it has. */
  stopRun(runId: string, options?: { signal?: AbortSignal }): Promise<void>;
  /**
   * Pauses whatever a run is doing; resolves with the stages that stand still, a training with a checkpoint stored.
   * @throws {InvalidConfiguration} where nothing is under way
   */
  pauseRun(runId: string, options?: { signal?: AbortSignal }): Promise<Stage[]>;
  /**
   * Lets a paused run go on, however long it stood still; with a class of gpu workers, moves its training there, paused before or not.
   * @returns the stages that go on
   * @throws {InvalidConfiguration} where nothing is paused, or no training to be moved
   * @throws {Unavailable} where no worker of that class serves the run's build
   */
  resumeRun(runId: string, options?: { gpuClass?: string | undefined }): Promise<Stage[]>;
  logs(runId: string, options: { stage?: string; follow: boolean; signal?: AbortSignal }): AsyncIterable<LogLine>;
  /** Local path of a report page of the run (fetched when absent), for opening in a browser. */
  reportPath(runId: string, stage: ReportStage): Promise<string>;
  /**
   * Local folder with the epochs of the run's training for other programs: `training.csv`, and an event file that TensorBoard reads.
   * @throws {UnknownRun} where it has not trained
   */
  trainingLogs(runId: string): Promise<string>;
  /** JSON artifacts of a stage, parsed: what `convoy show RUN --stage NAME --json` prints as results. */
  stageResults(runId: string, stage: Stage): Promise<Record<string, unknown>>;
  /** What runs by the clock. */
  readonly schedules: Schedules;
  /** The model registry. */
  readonly models: Models;
  readonly housekeeping: Housekeeping;
  /** Searches for good values. */
  readonly sweeps: Pick<SweepClient, keyof SweepClient>;
  close(): Promise<void>;
}

/** Thrown when no run, or more than one, matches what was given. The request was wrong: exit 2. */
export class UnknownRun extends Error {
  override name = "UnknownRun";
}

export { Unavailable } from "../stack/unavailable.ts";
