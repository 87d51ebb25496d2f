import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";

import { WorkflowNotFoundError } from "@temporalio/client";

import type { RunNotes, RunRecord } from "../ml/run/schema.ts";
import type { StageForecast } from "../ml/run/forecast.ts";
import type { ReportStage, Stage } from "../ml/stages.ts";
import { RunNotesStore } from "../storage/run-notes.ts";
import { prepareRun } from "../storage/prepare-run.ts";
import { mediaTypes } from "../ml/artifact.ts";
import type { RunsSideBySide } from "../ml/run/side-by-side.ts";
import { newRunId } from "../ml/run/new-run-id.ts";
import { workflowIdPrefix } from "../temporal.config.ts";
import type { RunComparison } from "./compare-runs.ts";
import { compareRuns } from "./compare-runs.ts";
import type { Link } from "./connect.ts";
import { Housekeeping } from "./housekeeping.ts";
import { Models } from "./models.ts";
import { launchRun } from "./launch-run.ts";
import type { ExportAnswer, ImportAnswer } from "./run-archives.ts";
import { exportRun, importRun } from "./run-archives.ts";
import { pauseRun, resumeRun } from "./pause-run.ts";
import { overlayRuns } from "./overlay-runs.ts";
import { readLogs } from "./run-logs.ts";
import { forecastRun } from "./forecast-run.ts";
import { viewRun, watchRun } from "./run-view.ts";
import { reproduceRun } from "./reproduce-run.ts";
import { Schedules } from "./schedules.ts";
import { resolveRunId, withKnownRun } from "./resolve-run-id.ts";
import { retryRun } from "./retry-run.ts";
import { searchRuns } from "./search-runs.ts";
import type {
  Convoy,
  ListedRun,
  ListOptions,
  LogLine,
  NotesChange,
  ReproduceAnswer,
  ReproduceOptions,
  RetryAnswer,
  RetryOptions,
  RunView,
  StartRunOptions,
} from "./types.ts";
import { SweepClient } from "./sweeps.ts";
import { UnknownRun } from "./types.ts";

const stopPollMs = 200;

/** Runs, as the command line and other programs ask for them. */
export class RunClient implements Convoy {
  readonly #link: Link;

  readonly models: Models;
  readonly housekeeping: Housekeeping;
  readonly sweeps: SweepClient;

  readonly schedules: Schedules;

  constructor(link: Link) {
    this.#link = link;
    this.models = new Models(link.store);
    this.sweeps = new SweepClient(link);
    this.housekeeping = new Housekeeping(link.store, join(link.environment.cacheFolder, "reports"));
    this.schedules = new Schedules(link);
  }

  async startRun(options: StartRunOptions): Promise<{ runId: string }> {
    const { until, onUpload, ...plan } = options;
    const { store, build, queues, environment } = this.#link;
    const pipeline = await withKnownRun(store, plan.pipeline);
    const runId = newRunId(Date.now(), Math.random);
    const [record] = await Promise.all([
      prepareRun(
        { store, cacheFolder: environment.cacheFolder, build },
        { runId, ...plan, pipeline, ...(until ? { until } : {}), ...(onUpload ? { onUpload } : {}) },
      ),
      this.#link.ensureWorkers().then(() => this.schedules.moveHere()),
    ]);
    return launchRun(this.#link, { record, queues, codeHashes: build.codeHashes });
  }

  async forecastRun(options: StartRunOptions): Promise<StageForecast[]> {
    return forecastRun(this.#link, { ...options, pipeline: await withKnownRun(this.#link.store, options.pipeline) });
  }

  retryRun(runId: string, options: RetryOptions): Promise<RetryAnswer> {
    return retryRun(this.#link, runId, options);
  }

  reproduceRun(runId: string, options: ReproduceOptions): Promise<ReproduceAnswer> {
    return reproduceRun(this.#link, runId, options);
  }

  async compareRuns(a: string, b: string): Promise<RunComparison> {
    const [left, right] = await Promise.all([viewRun(this.#link, a), viewRun(this.#link, b)]);
    return compareRuns(this.#link.store.artifacts, left.record, right.record);
  }

  async overlayRuns(runIds: readonly string[]): Promise<RunsSideBySide & { page: string }> {
    const { store, environment } = this.#link;
    const views = await Promise.all(runIds.map((runId) => viewRun(this.#link, runId)));
    const records = views.map(({ record }) => record);
    return overlayRuns(store.artifacts, records, join(environment.cacheFolder, "reports"));
  }

  exportRun(runId: string, file: string): Promise<ExportAnswer> {
    return exportRun(this.#link, runId, file);
  }

  importRun(file: string): Promise<ImportAnswer> {
    return importRun(this.#link, file);
  }

  watchRun(runId: string, options: { signal?: AbortSignal } = {}): AsyncIterable<RunView> {
    return watchRun(this.#link, runId, options.signal);
  }

  viewRun(runId: string): Promise<RunView> {
    return viewRun(this.#link, runId);
  }

  listRuns(options: ListOptions): Promise<ListedRun[]> {
    return searchRuns(this.#link, options);
  }

  noteRun(runId: string, { tags, note }: NotesChange): Promise<RunNotes> {
    return new RunNotesStore(this.#link.store.objects).change(runId, (notes) => ({
      ...notes,
      tags: changeTags(notes.tags, tags),
      note: note ?? notes.note,
    }));
  }

  resolveRunId(prefix: string): Promise<string> {
    return resolveRunId(this.#link.store, prefix);
  }

  async stopRun(runId: string, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    try {
      await this.#link.temporal.workflow.getHandle(workflowIdPrefix + runId).cancel();
    } catch (error) {
      // Not known to this server any more, or ended already: there is nothing left to stop.
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
    while (!signal?.aborted) {
      const { record } = await viewRun(this.#link, runId);
      if (record.status !== "running" && record.status !== "waiting") return;
      await new Promise((resolve) => setTimeout(resolve, stopPollMs));
    }
  }

  pauseRun(runId: string, { signal }: { signal?: AbortSignal } = {}): Promise<Stage[]> {
    return pauseRun(this.#link, runId, signal);
  }

  resumeRun(runId: string, { gpuClass }: { gpuClass?: string | undefined } = {}): Promise<Stage[]> {
    return resumeRun(this.#link, runId, gpuClass);
  }

  logs(runId: string, options: { stage?: string; follow: boolean; signal?: AbortSignal }): AsyncIterable<LogLine> {
    return readLogs(this.#link, runId, options);
  }

  async reportPath(runId: string, stage: ReportStage): Promise<string> {
    const { store, environment } = this.#link;
    const { record } = await viewRun(this.#link, runId);
    const outputs = record.stages.find(({ name }) => name === stage)?.outputs ?? {};
    const report = Object.values(outputs).find(({ mediaType }) => mediaType === mediaTypes.html);
    if (!report) throw new UnknownRun(`Run ${runId} has no ${stage} report: that stage is ${stageStatus(record, stage)}`);
    const path = join(environment.cacheFolder, "reports", runId, `${stage}.html`);
    await mkdir(join(path, ".."), { recursive: true });
    await copyFile(await store.artifacts.localPath(report), path);
    return path;
  }

  async trainingLogs(runId: string): Promise<string> {
    const { store, environment } = this.#link;
    const { record } = await viewRun(this.#link, runId);
    const { csv, events } = record.stages.find(({ name }) => name === "train")?.outputs ?? {};
    if (!csv || !events) throw new UnknownRun(`Run ${runId} has no training logs: that stage is ${stageStatus(record, "train")}`);
    const folder = join(environment.cacheFolder, "reports", runId, "train");
    await mkdir(folder, { recursive: true });
    await copyFile(await store.artifacts.localPath(csv), join(folder, "training.csv"));
    await copyFile(await store.artifacts.localPath(events), join(folder, "events.out.tfevents.0.convoy"));
    return folder;
  }

  async stageResults(runId: string, stage: Stage): Promise<Record<string, unknown>> {
    const { record } = await viewRun(this.#link, runId);
    const outputs = Object.entries(record.stages.find(({ name }) => name === stage)?.outputs ?? {});
    const results: Record<string, unknown> = {};
    for (const [name, ref] of outputs) {
      if (ref.mediaType !== "application/json") continue;
      results[name] = JSON.parse(Buffer.from(await this.#link.store.artifacts.get(ref)).toString("utf8")) as unknown;
    }
    return results;
  }

  async close(): Promise<void> {
    await this.#link.temporal.connection.close();
    this.#link.store.close();
  }
}

function changeTags(tags: RunNotes["tags"], changes: NotesChange["tags"]): RunNotes["tags"] {
  const changed = Object.entries({ ...tags, ...changes });
  return Object.fromEntries(changed.filter((entry): entry is [string, string] => entry[1] !== null));
}

function stageStatus(record: RunRecord, stage: Stage): string {
  return record.stages.find(({ name }) => name === stage)?.status ?? "unknown";
}
