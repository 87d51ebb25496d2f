import { heartbeat } from "@temporalio/activity";

import type { ArtifactRef } from "../ml/artifact.ts";
import { emptyStatistics, measureImages } from "../ml/check/image-statistics.ts";
import { InvalidConfiguration } from "../ml/errors.ts";
import { datasetSchema } from "../ml/ingest/schema.ts";
import type { RetrainDecision } from "../ml/retrain/decide-retraining.ts";
import { decideRetraining } from "../ml/retrain/decide-retraining.ts";
import type { DatedData } from "../ml/retrain/measure-drift.ts";
import { measureDrift } from "../ml/retrain/measure-drift.ts";
import { stageOf } from "../ml/run/plan-retry.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import { fillTimes } from "../ml/schedule/fill-times.ts";
import type { ScheduledRun } from "../ml/schedule/schema.ts";
import type { BuildInfo } from "../storage/build-info.ts";
import { imageBlocks } from "../storage/dataset-images.ts";
import type { Store } from "../storage/open-store.ts";
import type { RunPlan } from "../storage/prepare-run.ts";
import { ScheduleRecords } from "../storage/schedule-records.ts";
import { readSamples } from "../storage/tables.ts";
import { heartbeatEveryMs, taskQueues } from "../temporal.config.ts";
import { inTurns } from "./in-turns.ts";

/** One of a schedule's times. */
export interface ScheduledTime {
  name: string;
  /** Nominal, ISO 8601 UTC to the second. */
  scheduledAt: string;
  runId: string;
}

/** What is to be done at it. */
export interface ScheduledPlan {
  decision: RetrainDecision;
  /** The run, as far as it is one. */
  record: RunRecord;
  queues: { data: string; gpu: string };
  codeHashes: BuildInfo["codeHashes"];
}

export interface ScheduleDependencies {
  store: Store;
  build: () => Promise<BuildInfo>;
  /** Brings data and code into the store, see storage/prepare-run.ts. */
  prepare: (plan: RunPlan) => Promise<RunRecord>;
}

/** What the workflow that a schedule starts does in the world; on a data worker, which sees the data. */
export function createScheduleActivities({ store, build, prepare }: ScheduleDependencies) {
  const schedules = new ScheduleRecords(store.objects);

  /**
   * Looks at the data as it is now and decides whether a run is needed. A retry looks again.
   * @throws {InvalidConfiguration} permanent: the schedule is gone
   * @throws {InvalidData} permanent: the data is not there
   */
  async function planScheduledRun({ name, scheduledAt, runId }: ScheduledTime): Promise<ScheduledPlan> {
    const beating = setInterval(() => heartbeat(), heartbeatEveryMs);
    try {
      const found = await schedules.find(name);
      if (!found) throw new InvalidConfiguration(`There is no schedule ${name} in ${store.objects.describe()} any more`);
      const { pipeline, baseFolder } = found.value;
      const schedule = { name, scheduledAt };
      const record = await prepare({ runId, pipeline: fillTimes(pipeline, scheduledAt), baseFolder, schedule });
      const { buildId, codeHashes } = await build();
      return { decision: await decide(record, null), record, queues: taskQueues(store.id, buildId), codeHashes };
    } finally {
      clearInterval(beating);
    }
  }

  /** Decides where only the drift can tell; `dataset` is the one the record's data became. */
  async function decideByDrift(record: RunRecord, dataset: ArtifactRef): Promise<{ decision: RetrainDecision; drift: number }> {
    const beating = setInterval(() => heartbeat(), heartbeatEveryMs);
    try {
      const before = await lastOf(record);
      const earlier = before?.runId ? await store.runs.find(before.runId) : null;
      const trainedOn = earlier && stageOf(earlier, "ingest")?.outputs["dataset"];
      // Where that data is gone, nobody can say that it is alike.
      const drift = trainedOn ? measureDrift(await readData(trainedOn), await readData(dataset)) : 1;
      return { decision: await decide(record, drift), drift };
    } finally {
      clearInterval(beating);
    }
  }

  /** Notes what became of one of a schedule's times. A retry notes the same in the same place. */
  async function noteScheduledRun(run: ScheduledRun, attemptId: string): Promise<void> {
    await schedules.note(run, attemptId);
  }

  async function decide(record: RunRecord, drift: number | null): Promise<RetrainDecision> {
    const last = await lastOf(record);
    const ageMs = last ? Date.parse(record.schedule?.scheduledAt ?? "") - Date.parse(last.scheduledAt) : Number.NaN;
    return decideRetraining(record.pipeline.retrain?.if, {
      source: record.source.sha256,
      drift,
      last: last && { ...last, ageMs },
    });
  }

  async function lastOf({ schedule }: RunRecord): Promise<ScheduledRun | null> {
    return schedule ? schedules.lastTrained(schedule.name, schedule.scheduledAt) : null;
  }

  async function readData(ref: ArtifactRef): Promise<DatedData> {
    const dataset = await store.artifacts.getJson(ref, datasetSchema);
    const { label } = await readSamples(await store.artifacts.localPath(dataset.samples), dataset);
    const statistics = emptyStatistics(dataset.rowCount);
    for await (const { firstRow, images } of imageBlocks(dataset, store.artifacts))
      await inTurns(measureImages(images, firstRow, dataset, statistics));
    return { classes: dataset.classes, label, images: statistics };
  }

  return { planScheduledRun, decideByDrift, noteScheduledRun };
}
