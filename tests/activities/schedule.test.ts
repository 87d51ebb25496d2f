import { beforeEach, expect, test } from "vitest";

import type { ScheduledPlan } from "../../activities/schedule.ts";
import { createScheduleActivities } from "../../activities/schedule.ts";
import { pipelineSchema } from "../../ml/pipeline.ts";
import type { ScheduledRun } from "../../ml/schedule/schema.ts";
import { stages } from "../../ml/stages.ts";
import type { Store } from "../../storage/open-store.ts";
import type { RunPlan } from "../../storage/prepare-run.ts";
import { ScheduleRecords } from "../../storage/schedule-records.ts";
import { activityEnvironment } from "../support/activity-environment.ts";
import { aRecord, stagesWith } from "../support/fake-convoy.ts";
import { memoryStore } from "../support/memory-store.ts";
import { storeSmallDataset } from "../support/small-dataset.ts";
import { storeSource } from "../support/stage-context.ts";

let store: Store;
let records: ScheduleRecords;
let prepared: RunPlan[];
let pictures: Record<string, Uint8Array>;
beforeEach(async () => {
  store = memoryStore();
  records = new ScheduleRecords(store.objects);
  [prepared, pictures] = [[], { "a.png": Buffer.from("a") }];
  const pipeline = pipelineSchema.parse({
    name: "digits",
    onFailure: "wait",
    dataset: { path: "/data/{{scheduledDate}}" },
    model: ["flatten"],
    retrain: { if: { dataChanged: true } },
  });
  await records.put(
    {
      formatVersion: 1,
      name: "nightly",
      pipeline,
      baseFolder: "/srv",
      when: { every: "1d" },
      timeZone: "UTC",
      jitter: null,
      overlap: "skip",
      catchUp: "1h",
      pauseOnFailure: true,
      createdAt: "2026-01-01T00:00:00.000Z",
    },
    { ifAbsent: true },
  );
});

const codeHashes = Object.fromEntries(stages.map((stage) => [stage, "c"])) as ScheduledPlan["codeHashes"];
const activities = () =>
  createScheduleActivities({
    store,
    build: async () => ({ buildId: "0123456789ab", codeHashes }),
    prepare: async (plan) => {
      prepared.push(plan);
      const { runId, pipeline, schedule } = plan;
      return aRecord({
        runId,
        pipeline,
        source: await storeSource(store.artifacts, pictures),
        ...(schedule ? { schedule } : {}),
      });
    },
  });
const planAt = (day: string): Promise<ScheduledPlan> =>
  activityEnvironment().run(activities().planScheduledRun, {
    name: "nightly",
    scheduledAt: `${day}T02:00:00Z`,
    runId: `run-${day}`,
  });
const note = (day: string, { record }: ScheduledPlan, status: ScheduledRun["status"] = "done") => {
  const facts = { reasons: [], drift: null, model: null, error: null };
  const run = { schedule: "nightly", scheduledAt: `${day}T02:00:00Z`, runId: record.runId, source: record.source.sha256, status };
  return activities().noteScheduledRun({ formatVersion: 1, ...facts, ...run }, record.runId);
};

test("a scheduled run reads the data of its nominal time, carries its schedule, and runs in the worker's own build", async () => {
  const { record, queues } = await planAt("2026-01-02");

  expect(prepared).toMatchObject([{ baseFolder: "/srv", pipeline: { dataset: { path: "/data/2026-01-02" } } }]);
  expect(record.schedule).toEqual({ name: "nightly", scheduledAt: "2026-01-02T02:00:00Z" });
  expect(queues.data).toBe("convoy-data-test-0123456789ab");
});

test("data that did not change since the last training says that no run is needed; a changed file says that one is", async () => {
  const first = await planAt("2026-01-01");
  await note("2026-01-01", first);

  const same = await planAt("2026-01-02");
  pictures["b.png"] = Buffer.from("b");
  const changed = await planAt("2026-01-03");

  expect([first, same, changed].map(({ decision }) => decision.answer)).toEqual(["train", "skip", "train"]);
  expect(same.decision.reasons[0]).toContain("the data is the same since run run-2026-01-01 of 2026-01-01T02:00:00Z");
});

test("a run that failed is no training: the next time tries again; and a backfilled time looks at those before it only", async () => {
  await note("2026-01-02", await planAt("2026-01-02"), "failed");
  expect((await planAt("2026-01-03")).decision.answer).toBe("train");

  await note("2026-01-05", await planAt("2026-01-05"));

  expect((await planAt("2026-01-04")).decision.reasons).toEqual(["it is the schedule's first run"]);
  expect((await planAt("2026-01-06")).decision.answer).toBe("skip");
});

test("where only the drift can tell, the data trained on last is compared with the new one, and the distance is noted", async () => {
  const { value, etag } = (await records.find("nightly"))!;
  await records.put({ ...value, pipeline: { ...value.pipeline, retrain: { if: { drift: 0.3 } } } }, { ifMatch: etag });
  const first = await planAt("2026-01-01");
  const before = await storeSmallDataset(store.artifacts, { noise: 100 });
  const dataset = await store.artifacts.putJson(before.dataset);
  await store.runs.put({ ...first.record, stages: stagesWith({ ingest: { status: "ran", outputs: { dataset } } }) });
  await note("2026-01-01", first);
  pictures["b.png"] = Buffer.from("b");
  const { record, decision } = await planAt("2026-01-02");
  const { decideByDrift } = activities();
  const decide = async (noise: number, seed: number): ReturnType<typeof decideByDrift> => {
    const now = await store.artifacts.putJson((await storeSmallDataset(store.artifacts, { noise, seed })).dataset);
    return activityEnvironment().run(decideByDrift, record, now);
  };

  const [alike, other] = [await decide(100, 8), await decide(10, 8)];

  expect(decision.answer).toBe("measure");
  expect([alike.decision.answer, other.decision.answer]).toEqual(["skip", "train"]);
  expect(alike.drift).toBeLessThan(0.3);
  expect(other.drift).toBeGreaterThan(0.3);
});

test("a schedule that was deleted meanwhile is a permanent error that names it", async () => {
  await records.delete("nightly");

  await expect(planAt("2026-01-01")).rejects.toThrow(/no schedule nightly in memory any more/);
});
