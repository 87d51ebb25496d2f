import { existsSync } from "node:fs";

import { beforeEach, expect, test } from "vitest";

import { mediaTypes } from "../../../ml/artifact.ts";
import type { ArtifactRef } from "../../../ml/artifact.ts";
import type { RunRecord } from "../../../ml/run/schema.ts";
import { collectGarbage } from "../../../storage/gc/collect.ts";
import { CollectionFence, CollectionRunning } from "../../../storage/gc/fence.ts";
import { storeUsage } from "../../../storage/gc/usage.ts";
import { RunNotesStore } from "../../../storage/run-notes.ts";
import { aDoneRecord, stagesWith } from "../../support/fake-convoy.ts";
import { VanishingObjectStore } from "../../support/memory-object-store.ts";
import { memoryStore } from "../../support/memory-store.ts";

const dayMs = 24 * 3_600_000;
const daysAgo = (days: number) => new Date(Date.now() - days * dayMs);

let store: ReturnType<typeof memoryStore>;
beforeEach(() => {
  store = memoryStore();
});

/** Everything in the store was last written so long ago. */
function age(days: number): void {
  for (const object of store.objects.objects.values()) object.modifiedAt = daysAgo(days);
}

const put = (text: string) => store.artifacts.put(Buffer.from(text), mediaTypes.bytes);
const has = (ref: ArtifactRef) => store.objects.objects.has(ref.uri);
const collect = (options: { keepRunsDays?: number; dryRun?: boolean; now?: Date } = {}) =>
  collectGarbage(store, { dryRun: false, ...options });
const later = (days: number) => new Date(Date.now() + days * dayMs);

/** A run whose data set names a shard and whose manifest names a file, with a result in the ledger. */
async function storeRun(runId: string, changes: Partial<RunRecord> = {}) {
  const shard = await put(`shard of ${runId}`);
  const file = await put(`file of ${runId}`);
  const dataset = await store.artifacts.putJson({ shards: [{ ref: shard, rows: 3 }] });
  const source = await store.artifacts.putJson({
    formatVersion: 1,
    files: [{ path: "a.png", sizeBytes: file.sizeBytes, sha256: file.sha256, uri: file.uri }],
  });
  const entry = await store.ledger.record({
    stage: "ingest",
    key: `key-${runId}`,
    codeHash: "c".repeat(64),
    environment: {},
    runId,
    createdAt: daysAgo(100).toISOString(),
    seconds: 1,
    outputs: { dataset },
    summary: {},
  });
  const ingest = { status: "ran" as const, key: entry.key, entry: entry.entry, outputs: { dataset }, inputs: { source } };
  const finishedAt = daysAgo(100).toISOString();
  await store.runs.put(aDoneRecord({ runId, source, finishedAt, model: null, stages: stagesWith({ ingest }), ...changes }));
  return { shard, file, dataset, source, ledgerKey: `ledger/ingest/${entry.key}/${entry.entry}.json` };
}

test("marks in one pass what nothing refers to, and deletes it in a later one, a day after at the earliest", async () => {
  const run = await storeRun("run-a");
  const unused = await put("nobody wants this");
  const copy = await store.artifacts.localPath(unused);
  age(8);

  expect(await collect()).toMatchObject({ deleted: { objects: 0 }, marked: { objects: 1, bytes: 17 } });
  expect(await collect({ now: later(0.5) })).toMatchObject({ deleted: { objects: 0 }, marked: { objects: 1 } });
  expect(has(unused)).toBe(true);
  expect(await collect({ now: later(1.1) })).toMatchObject({ deleted: { objects: 1, bytes: 17 }, marked: { objects: 0 } });

  expect(has(unused)).toBe(false);
  expect(existsSync(copy)).toBe(false);
  for (const ref of [run.shard, run.file, run.dataset, run.source]) expect(has(ref)).toBe(true);
  expect(store.objects.objects.has(run.ledgerKey)).toBe(true);
});

test("what is deleted after it was listed keeps nothing, and what else it cannot read ends it", async () => {
  const objects = new VanishingObjectStore();
  store = memoryStore(undefined, objects);
  const scheduled = await put("what a schedule reads");
  await objects.put("schedules/nightly.json", Buffer.from(JSON.stringify({ source: scheduled })));
  await storeRun("run-a");
  age(8);
  expect(await collect({ dryRun: true })).toMatchObject({ marked: { objects: 0 } });

  objects.isGone = (key) => key === "schedules/nightly.json" || key === "runs/run-a/run.json";

  expect(await collect({ dryRun: true })).toMatchObject({ deleted: { runs: [] }, marked: { objects: 5 } });
  await objects.put("schedules/weekly.json", Buffer.from("{"));
  await expect(collect()).rejects.toThrow(SyntaxError);
});

test("leaves what is younger than a week, whatever refers to it", async () => {
  const young = await put("just uploaded");

  await collect();
  await collect({ now: later(2) });

  expect(has(young)).toBe(true);
});

test("says what would happen, and changes nothing, in a dry run", async () => {
  await storeRun("run-a");
  await put("nobody wants this");
  age(8);
  const before = [...store.objects.objects.keys()];

  const would = await collect({ dryRun: true, keepRunsDays: 30 });

  expect(would).toMatchObject({ deleted: { runs: ["run-a"], ledgerEntries: 1 }, marked: { objects: 5 } });
  expect([...store.objects.objects.keys()]).toEqual(before);
});

test("lets go of old runs with their logs, checkpoints and results, but not of kept, younger or living ones", async () => {
  const old = await storeRun("run-a");
  const kept = await storeRun("run-b");
  await new RunNotesStore(store.objects).change("run-b", (notes) => ({ ...notes, tags: { keep: "paper" } }));
  const young = await storeRun("run-c", { finishedAt: daysAgo(5).toISOString() });
  const living = await storeRun("run-d", { status: "running", finishedAt: null });
  await store.objects.put("runs/run-a/logs/train/0001/000000.ndjson", Buffer.from("{}"));
  await store.objects.put("checkpoints/run-a/train/1-1-abc", Buffer.from("weights"));
  for (const runId of ["run-a", "run-b"]) await store.objects.put(`trainings/key/${runId}.json`, Buffer.from("{}"));
  age(100);

  const first = await collect({ keepRunsDays: 30 });
  const second = await collect({ keepRunsDays: 30, now: later(2) });

  expect(first.deleted).toMatchObject({ runs: ["run-a"], ledgerEntries: 1, objects: 0 });
  expect(second.deleted).toMatchObject({ objects: 4 });
  expect([...store.objects.objects.keys()].filter((key) => key.includes("run-a"))).toEqual([]);
  expect(has(old.shard)).toBe(false);
  expect(store.objects.objects.has("trainings/key/run-b.json")).toBe(true);
  for (const { shard, file, ledgerKey } of [kept, young, living]) {
    expect(has(shard) && has(file)).toBe(true);
    expect(store.objects.objects.has(ledgerKey)).toBe(true);
  }
});

test("keeps what another kept run still uses of a run that goes", async () => {
  const old = await storeRun("run-a");
  const record = await store.runs.find("run-a");
  await store.runs.put({ ...record!, runId: "run-b", finishedAt: daysAgo(1).toISOString() });
  age(100);

  await collect({ keepRunsDays: 30 });
  await collect({ keepRunsDays: 30, now: later(2) });

  expect(await store.runs.find("run-a")).toBeNull();
  for (const ref of [old.shard, old.file, old.dataset]) expect(has(ref)).toBe(true);
  expect(await store.ledger.find({ stage: "ingest", key: "key-run-a", codeHash: "c".repeat(64) })).not.toBeNull();
});

test("keeps the run whose split a kept one extends, and the one that that extends", async () => {
  const { pipeline } = aDoneRecord();
  const extending = (runId: string) => ({ ...pipeline, split: { ...pipeline.split, extends: runId } });
  await storeRun("run-a");
  await storeRun("run-b", { pipeline: extending("run-a") });
  await storeRun("run-c", { pipeline: extending("run-b"), finishedAt: daysAgo(1).toISOString() });
  await storeRun("run-d", { pipeline: extending("run-c") });

  expect((await collect({ keepRunsDays: 30, dryRun: true })).deleted.runs).toEqual(["run-d"]);
});

test("spares what a run that started meanwhile uses again: by uploading the same file, or by a result from the ledger", async () => {
  const again = await put("the same file once more");
  const result = await storeRun("run-a");
  age(8);
  await store.objects.delete(["runs/run-a/run.json"]);
  // A run with this result is about to be recorded: its entry is found before the collection, its bytes are marked.
  expect(await store.ledger.find({ stage: "ingest", key: "key-run-a", codeHash: "c".repeat(64) })).not.toBeNull();
  await collect();

  await put("the same file once more");
  await collect({ now: later(2) });

  expect(has(again)).toBe(true);
  expect(has(result.dataset)).toBe(true);
});

test("makes whoever uses an old object wait while objects are being deleted, and tells it what became of its own", async () => {
  const spared = await put("old");
  const deleted = await put("old too");
  age(8);
  const fence = await CollectionFence.raise(store.objects);
  const answers = Promise.all([store.artifacts.reuse(spared), store.artifacts.reuse(deleted)]);
  const early = await Promise.race([answers, new Promise((resolve) => setTimeout(() => resolve("waits"), 200))]);

  await store.objects.delete([deleted.uri]);
  await fence.lower();

  expect(early).toBe("waits");
  expect(await answers).toEqual([true, false]);
});

test("lets only one collection delete at a time", async () => {
  const fence = await CollectionFence.raise(store.objects);

  await expect(collect()).rejects.toBeInstanceOf(CollectionRunning);
  await fence.lower();
  await expect(collect()).resolves.toBeDefined();
});

test("deletes nothing where a record cannot be read, for nobody knows what it keeps", async () => {
  const unused = await put("perhaps it is needed");
  await store.objects.put("runs/run-a/run.json", Buffer.from('{"formatVersion": 99}'));
  age(30);

  await expect(collect()).rejects.toThrow("runs/run-a/run.json");
  expect(has(unused)).toBe(true);
  expect([...store.objects.objects.keys()].filter((key) => key.startsWith("gc/"))).toEqual([]);
});

test("says what the store holds, each object once, by what it is for", async () => {
  const { shard, dataset, source, file } = await storeRun("run-a");
  const unused = await put("nobody wants this");

  const usage = new Map((await storeUsage(store)).map(({ what, objects, bytes }) => [what, { objects, bytes }]));

  expect(usage.get("ingest")).toEqual({ objects: 2, bytes: shard.sizeBytes + dataset.sizeBytes });
  expect(usage.get("sources")).toEqual({ objects: 2, bytes: source.sizeBytes + file.sizeBytes });
  expect(usage.get("unused")).toEqual({ objects: 1, bytes: unused.sizeBytes });
  expect(usage.get("ledger/")).toMatchObject({ objects: 1 });
});
