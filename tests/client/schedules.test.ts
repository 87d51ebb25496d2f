import { ScheduleOverlapPolicy } from "@temporalio/client";
import { beforeEach, describe, expect, test } from "vitest";

import type { CreateSchedule } from "../../client/schedules.ts";
import type { ScheduledRun } from "../../ml/schedule/schema.ts";
import { ScheduleRecords } from "../../storage/schedule-records.ts";
import { aRecord } from "../support/fake-convoy.ts";
import { VanishingObjectStore } from "../support/memory-object-store.ts";
import { memorySchedules, MemoryTemporal } from "../support/memory-schedules.ts";
import { memoryStore } from "../support/memory-store.ts";

let store: ReturnType<typeof memoryStore>;
let temporal: MemoryTemporal;
beforeEach(() => {
  [store, temporal] = [memoryStore(), new MemoryTemporal()];
});

const nightly: CreateSchedule = {
  name: "nightly",
  pipeline: aRecord().pipeline,
  baseFolder: "/srv/project",
  when: { cron: ["0 2 * * *"] },
  timeZone: "Europe/Zurich",
  jitter: "5m",
  overlap: "skip",
  catchUp: "1h",
  pauseOnFailure: true,
  replace: false,
};
function did(scheduledAt: string): ScheduledRun {
  const nothing = { runId: null, reasons: [], source: null, drift: null, model: null, error: null };
  return { formatVersion: 1, schedule: "nightly", scheduledAt, status: "skipped", ...nothing };
}

const here = (build?: string) => memorySchedules({ store, temporal, ...(build ? { build } : {}) });

describe("a schedule that is created", () => {
  test("says to Temporal outright what it does about overlap, missed times, time zone, chance and failure", async () => {
    await here().create(nightly);

    expect(temporal.known.get("convoy-test-nightly")).toMatchObject({
      spec: { cronExpressions: ["0 2 * * *"], timezone: "Europe/Zurich", jitter: "5m" },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: "1h", pauseOnFailure: true },
      action: {
        workflowType: "retrain",
        workflowId: "convoy-schedule-nightly",
        taskQueue: "convoy-data-test-0123456789ab",
        args: [{ name: "nightly", searchAttributes: true }],
      },
    });
  });

  test("keeps the whole id of the run whose split it extends: a beginning may mean another run by then", async () => {
    await store.runs.put(aRecord({ runId: "06frq2ka32vq" }));
    const split = { ...nightly.pipeline.split, extends: "06frq" };

    const { pipeline } = await here().create({ ...nightly, pipeline: { ...nightly.pipeline, split } });

    expect(pipeline.split.extends).toBe("06frq2ka32vq");
    const unknown = { ...nightly.pipeline, split: { ...split, extends: "zzz" } };
    await expect(here().create({ ...nightly, name: "other", pipeline: unknown })).rejects.toThrow(
      /No run's id begins with "zzz"/,
    );
  });

  test("is refused where its data's address holds a secret: nothing of it is kept", async () => {
    const dataset = { ...nightly.pipeline.dataset, path: "https://me:pa55word@example.org/set.zip" };

    await expect(here().create({ ...nightly, pipeline: { ...nightly.pipeline, dataset } })).rejects.toThrow(
      /\/\/\*\*\*@example\.org/,
    );

    expect([...store.objects.objects.keys()]).toEqual([]);
  });

  test("has its source in the bucket, from which another cluster makes its own", async () => {
    await here().create(nightly);
    temporal = new MemoryTemporal();

    const [before] = await here().list();
    await here().resume("nightly");
    const [after] = await here().list();

    expect([before?.state, after?.state]).toEqual(["notApplied", "active"]);
    expect(temporal.known.get("convoy-test-nightly")).toMatchObject({ spec: { timezone: "Europe/Zurich" } });
    await expect(memorySchedules({ store, temporal: new MemoryTemporal() }).trigger("nightly")).rejects.toThrow(
      /convoy schedule resume nightly/,
    );
  });

  test("does not take the place of another one unless told to", async () => {
    await here().create(nightly);

    await expect(here().create({ ...nightly, when: { every: "6h" } })).rejects.toThrow(/already; --replace/);
    await here().create({ ...nightly, when: { every: "6h" }, replace: true });

    expect((await here().show("nightly")).schedule.when).toEqual({ every: "6h" });
    expect(temporal.known.get("convoy-test-nightly")?.spec).toMatchObject({ intervals: [{ every: "6h" }] });
  });

  test.each<[string, Partial<CreateSchedule>, RegExp]>([
    ["a name that is none", { name: "Nightly run" }, /name: lower-case/],
    ["a duration that is none", { when: { every: "often" } }, /when/],
    [
      "an unknown name in a path",
      { pipeline: { ...nightly.pipeline, dataset: { path: "/{{month}}" } } },
      /\{\{month\}\} is not known/,
    ],
  ])("is refused with %s, and Temporal never hears of it", async (_, change, message) => {
    await expect(here().create({ ...nightly, ...change })).rejects.toThrow(message);
    expect(temporal.known.size).toBe(0);
  });
});

test("a schedule moves to the build whose workers are there now, and stays paused if it was", async () => {
  await here("aaaaaaaaaaaa").create(nightly);
  await here().pause("nightly", "for maintenance");

  await here("bbbbbbbbbbbb").moveHere();

  const [view] = await here().list();
  expect([view?.taskQueue, view?.state, view?.note]).toEqual(["convoy-data-test-bbbbbbbbbbbb", "paused", "for maintenance"]);
});

test("a backfill goes through its times one after the other, and only forwards", async () => {
  const schedules = here();
  await schedules.create(nightly);
  const [from, to] = [new Date("2026-01-01"), new Date("2026-01-07")];

  await schedules.backfill("nightly", { from, to });

  expect(temporal.asked).toEqual(["backfill convoy-test-nightly 2026-01-01T00:00:00.000Z 2026-01-07T00:00:00.000Z BUFFER_ALL"]);
  await expect(schedules.backfill("nightly", { from: to, to: from })).rejects.toThrow(/from an earlier time to a later one/);
});

test("a deleted schedule is gone from Temporal and bucket; one that never was is named with those there are", async () => {
  const schedules = here();
  await schedules.create(nightly);
  await expect(schedules.trigger("nightli")).rejects.toThrow(/no schedule "nightli"; there are nightly/);

  await schedules.delete("nightly");

  expect([await schedules.list(), temporal.known.size]).toEqual([[], 0]);
});

test("schedules, and what they did, are left out where somebody deletes them while they are listed", async () => {
  const objects = new VanishingObjectStore();
  store = memoryStore(undefined, objects);
  await here().create(nightly);
  await here().create({ ...nightly, name: "weekly" });
  const records = new ScheduleRecords(objects);
  for (const day of ["2026-01-01", "2026-01-02"]) await records.note(did(`${day}T02:00:00.000Z`), "run-1");

  objects.isGone = (key) => key === "schedules/weekly.json" || key.startsWith("schedules/nightly/2026-01-02");

  expect(await here().list()).toMatchObject([
    { schedule: { name: "nightly" }, last: { scheduledAt: "2026-01-01T02:00:00.000Z" } },
  ]);
  expect((await here().show("nightly")).runs).toHaveLength(1);
});
