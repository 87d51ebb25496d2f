import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { WorkflowNotFoundError } from "@temporalio/client";

import { InvalidConfiguration } from "../ml/errors.ts";
import { newRunId } from "../ml/run/new-run-id.ts";
import { importancesOf } from "../ml/sweep/importance.ts";
import { extendedLimit } from "../ml/sweep/limits.ts";
import { objectiveOf } from "../ml/sweep/observations.ts";
import { reopen } from "../ml/sweep/reopen.ts";
import { newSweep } from "../ml/sweep-record/new-sweep.ts";
import type { SweepRecord } from "../ml/sweep-record/schema.ts";
import { monitoredValue } from "../ml/train/monitor.ts";
import { historySchema } from "../ml/train/schema.ts";
import { sweepReport } from "../reports/sweep-report.ts";
import { uploadBuild } from "../storage/build-info.ts";
import { withoutSecrets } from "../storage/secrets.ts";
import { prepareRun } from "../storage/prepare-run.ts";
import { storeSpace } from "../storage/store-space.ts";
import { changeSweepUpdateName, sweepWorkflowIdPrefix } from "../temporal.config.ts";
import type { SweepChange } from "../activities/suggest.ts";
import type { SweepRun } from "../workflows/sweep.ts";
import { checkSpace } from "./check-space.ts";
import type { Link } from "./connect.ts";
import { knowsSearchAttributes } from "./launch-run.ts";
import { withKnownRun } from "./resolve-run-id.ts";
import type { StartRunOptions } from "./types.ts";
import { UnknownRun } from "./types.ts";

const pollMs = 250;

export type StartSweepOptions = Omit<StartRunOptions, "until">;

/** Sweeps, as the command line and other programs ask for them. */
export class SweepClient {
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  /** @throws {InvalidConfiguration} where the space has values that make no pipeline */
  async start({ onUpload, ...given }: StartSweepOptions): Promise<{ sweepId: string }> {
    const { store, build, environment } = this.#link;
    const plan = { ...given, pipeline: await withKnownRun(store, given.pipeline) };
    const checked = checkSpace(plan.pipeline);
    const sweepId = newRunId(Date.now(), Math.random);
    const origin = { store, cacheFolder: environment.cacheFolder, build };
    const [run] = await Promise.all([
      prepareRun(origin, { runId: sweepId, ...plan, ...(onUpload ? { onUpload } : {}) }),
      this.#link.ensureWorkers(),
    ]);
    const { startedAt, source, buildId, build: buildRef } = run;
    const parameters = await storeSpace(run.pipeline, checked, { folder: plan.moduleFolder ?? plan.baseFolder, store });
    const pipeline = { ...run.pipeline, sweep: parameters };
    const record = newSweep({ sweepId, startedAt, pipeline, parameters, source, buildId, build: buildRef });
    await this.#launch(record);
    return { sweepId };
  }

  /** A sweep as it stands; one whose workflow is gone is told as terminated, and can be resumed. */
  async view(sweepId: string): Promise<SweepRecord> {
    const [record, isOpen] = await Promise.all([this.#find(sweepId), this.#isOpen(sweepId)]);
    if (record.finishedAt !== null || isOpen) return record;
    const fresh = await this.#find(sweepId); // it may have ended in between
    if (fresh.finishedAt !== null) return fresh;
    return { ...fresh, status: "terminated", reason: "its workflow is gone: `convoy sweep resume` goes on" };
  }

  /** Yields the record whenever it changed; ends with the final one. It is read only where it changed: a thousand trials are half a megabyte. */
  async *watch(sweepId: string, signal?: AbortSignal): AsyncIterable<SweepRecord> {
    let seen = "";
    while (!signal?.aborted) {
      const [etag, isOpen] = await Promise.all([this.#link.store.sweeps.etag(sweepId), this.#isOpen(sweepId)]);
      if (etag !== seen || !isOpen) {
        const record = await this.view(sweepId);
        yield record;
        if (record.finishedAt !== null || record.status === "terminated") return;
      }
      seen = etag;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /** Newest first. */
  async list(limit: number): Promise<SweepRecord[]> {
    const ids = await this.#link.store.sweeps.ids();
    return Promise.all(ids.slice(0, limit).map((id) => this.view(id)));
  }

  /** Full id of a unique prefix, or of `latest`. @throws {UnknownRun} */
  async resolveId(prefix: string): Promise<string> {
    const ids = await this.#link.store.sweeps.ids();
    const matches = prefix === "latest" ? ids.slice(0, 1) : ids.filter((id) => id.startsWith(prefix));
    const [found] = matches;
    if (found !== undefined && matches.length === 1) return found;
    if (ids.length === 0)
      throw new UnknownRun("There are no sweeps yet; start one with `convoy sweep pipelines/cats-dogs-sweep.yaml`");
    const some = (found === undefined ? ids : matches).slice(0, 5).join(", ");
    if (found === undefined) throw new UnknownRun(`No sweep's id begins with ${JSON.stringify(prefix)}; the newest are ${some}`);
    throw new UnknownRun(`${matches.length} sweeps begin with ${JSON.stringify(prefix)}: ${some}; give more letters`);
  }

  /** Asks a sweep to stop; resolves when it has: trainings store a checkpoint first. */
  async stop(sweepId: string, signal?: AbortSignal): Promise<SweepRecord> {
    try {
      await this.#handle(sweepId).cancel();
    } catch (error) {
      // Not known to this server any more, or ended already: there is nothing left to stop.
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
    let record = await this.view(sweepId);
    for await (record of this.watch(sweepId, signal));
    return record;
  }

  /** Changes a sweep that runs. @throws {InvalidConfiguration} where it has ended */
  async change(
    sweepId: string,
    { parallel, moreTrials = 0 }: { parallel?: number | undefined; moreTrials?: number },
  ): Promise<SweepRecord> {
    const record = await this.view(sweepId);
    if (isEnded(record))
      throw new InvalidConfiguration(
        `Sweep ${sweepId} is ${record.status}; let it go on first: convoy sweep resume ${sweepId}${moreTrials > 0 ? ` --trials +${moreTrials}` : ""}`,
      );
    const change: SweepChange = {
      ...(parallel === undefined ? {} : { parallel }),
      ...(moreTrials === 0 ? {} : { trials: extendedLimit(record, moreTrials) }),
    };
    await this.#handle(sweepId).executeUpdate<void, [SweepChange]>(changeSweepUpdateName, { args: [change] });
    return { ...record, parameters: { ...record.parameters, ...change } };
  }

  /**
   * Lets a sweep go on that has ended, from its record in the store alone: with more trials, with those that were cancelled, in the present code.
   * @throws {InvalidConfiguration} where it runs still
   */
  async resume(sweepId: string, { moreTrials = 0 }: { moreTrials?: number } = {}): Promise<void> {
    const record = await this.view(sweepId);
    if (!isEnded(record))
      throw new InvalidConfiguration(
        `Sweep ${sweepId} still runs; give it more trials by: convoy sweep set ${sweepId} --trials +N`,
      );
    const { store, build } = this.#link;
    const [buildRef] = await Promise.all([uploadBuild(store), this.#link.ensureWorkers()]);
    const reopened = reopen(record, { moreTrials, begunAt: new Date().toISOString() });
    await this.#launch({ ...reopened, buildId: build.buildId, build: buildRef });
  }

  /** Validation values by epoch of each trial's first execution, from what its training left. */
  async curves(record: SweepRecord): Promise<{ number: number; points: [epoch: number, value: number][] }[]> {
    const { runs, artifacts } = this.#link.store;
    const objective = objectiveOf(record);
    const all = record.trials.map(async ({ number, executions }) => {
      const run = executions[0] && (await runs.find(executions[0].runId));
      const history = run?.stages.find(({ name }) => name === "train")?.outputs["history"];
      if (!history) return { number, points: [] };
      const { epochs } = await artifacts.getJson(history, historySchema);
      const points = epochs.flatMap((epoch): [number, number][] => {
        const value = monitoredValue(objective, epoch);
        return value === null ? [] : [[epoch.epoch, value]];
      });
      return { number, points };
    });
    return Promise.all(all);
  }

  /** Draws the report and writes it into the cache. @returns its path */
  async report(record: SweepRecord): Promise<string> {
    const path = join(this.#link.environment.cacheFolder, "reports", record.sweepId, "sweep.html");
    await mkdir(dirname(path), { recursive: true });
    await writeFile(
      path,
      withoutSecrets(sweepReport({ record, curves: await this.curves(record), importances: importancesOf(record) })),
    );
    return path;
  }

  async #launch(record: SweepRecord): Promise<void> {
    const { store, temporal, build, queues } = this.#link;
    await store.sweeps.put(record);
    const run: SweepRun = {
      sweepId: record.sweepId,
      queues,
      codeHashes: build.codeHashes,
      searchAttributes: await knowsSearchAttributes({ temporal }),
      step: record.step,
      pins: null,
      endings: [],
      change: {},
    };
    await temporal.workflow.start("sweep", {
      workflowId: sweepWorkflowIdPrefix + record.sweepId,
      taskQueue: queues.data,
      args: [run],
      staticSummary: `${record.pipeline.name}, sweep ${record.sweepId}`,
    });
  }

  #handle(sweepId: string) {
    return this.#link.temporal.workflow.getHandle(sweepWorkflowIdPrefix + sweepId);
  }

  async #isOpen(sweepId: string): Promise<boolean> {
    try {
      return (await this.#handle(sweepId).describe()).status.name === "RUNNING";
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  async #find(sweepId: string): Promise<SweepRecord> {
    const record = await this.#link.store.sweeps.find(sweepId);
    if (!record) throw new UnknownRun(`There is no record of sweep ${sweepId} in ${this.#link.store.objects.describe()}`);
    return record;
  }
}

function isEnded({ status, finishedAt }: SweepRecord): boolean {
  return finishedAt !== null || status === "terminated";
}
