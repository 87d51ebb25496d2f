import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeEach, describe, expect, test } from "vitest";

import { createBookkeepingActivities } from "../../activities/bookkeeping.ts";
import type { LedgerLookup, NextWork, PinnedOutcome } from "../../activities/look-up.ts";
import { ArtifactStore } from "../../storage/artifact-store.ts";
import { putJson } from "../../storage/json.ts";
import { Ledger, ledgerKey } from "../../storage/ledger.ts";
import { RunRecords } from "../../storage/run-records.ts";
import { Sweeps } from "../../storage/sweeps.ts";
import { aRecord } from "../support/fake-convoy.ts";
import { MemoryObjectStore } from "../support/memory-object-store.ts";

let objects: MemoryObjectStore;
let artifacts: ArtifactStore;
let ledger: Ledger;
let pin: PinnedOutcome;
const record = aRecord();
const work = { stage: "split" as const, parameters: { test: 0.2 }, inputs: {}, seed: 1 };
const codeHash = "c".repeat(64);
const lookup: LedgerLookup = { ...work, runId: record.runId, codeHash };
const { source, pipeline } = record;
/** After which the run has nothing to do. */
const nothing: NextWork = { runId: record.runId, source, pipeline, stages: [], known: {} };

beforeEach(async () => {
  objects = new MemoryObjectStore();
  artifacts = new ArtifactStore(objects, join(tmpdir(), "convoy-bookkeeping-test"));
  ledger = new Ledger(objects, artifacts);
  const split = await artifacts.put(Buffer.from("of the run that failed"), "text/plain");
  const facts = { madeBy: "failed", outputs: { split }, summary: {}, attempts: 0 };
  pin = { ...facts, key: ledgerKey(work), entry: "e", codeHash: "d".repeat(64) };
});

const activities = () =>
  createBookkeepingActivities({
    id: "",
    objects,
    artifacts,
    ledger,
    runs: new RunRecords(objects),
    sweeps: new Sweeps(objects),
    openBucket: () => objects,
    close: () => {},
  });
const find = async (change: Partial<LedgerLookup> = {}) => {
  const [answer] = await activities().findInLedger({ ...lookup, ...change }, nothing);
  if (!answer) throw new Error("no answer");
  return answer;
};
const recordEntry = async (runId: string, content: string, mode?: "replace" | "none") =>
  ledger.record(
    {
      stage: "split",
      key: ledgerKey(work),
      codeHash: lookup.codeHash,
      environment: {},
      runId,
      createdAt: "2026-01-01T00:00:00.000Z",
      seconds: 1,
      outputs: { split: await artifacts.put(Buffer.from(content), "text/plain") },
      summary: {},
    },
    mode,
  );

describe("a pinned result", () => {
  test("is handed on although the ledger knows nothing of it, and whatever code made it", async () => {
    expect((await find({ pin })).found).toEqual(pin);
  });

  test.each([
    ["a parameter", { parameters: { test: 0.3 } }],
    ["the seed", { seed: 2 }],
    ["an input", { inputs: { dataset: { uri: "", sha256: "b".repeat(64), sizeBytes: 1, mediaType: "x" } } }],
  ])("Flyte #3121: is not taken for other work: %s differs", async (_, change) => {
    expect((await find({ pin, ...change })).found).toBeNull();
  });

  test("Kubeflow #7939, ZenML #3975: is not taken when its object was deleted since; nor is a ledger entry", async () => {
    const entry = await recordEntry("earlier", "of the ledger");
    await objects.delete([pin.outputs["split"]!.uri, entry.outputs["split"]!.uri]);

    expect((await find({ pin })).found).toBeNull();
  });
});

test("Flyte #2899: a result of other code is not found, though parameters and data are the same", async () => {
  await recordEntry("earlier", "of the old code");

  expect((await find()).found?.madeBy).toBe("earlier");
  expect((await find({ codeHash: "e".repeat(64) })).found).toBeNull();
});

test("a stage that is to be done anew finds its own run's results only, and replaces the ledger's", async () => {
  await recordEntry("earlier", "first");

  expect((await find({ results: "own" })).found).toBeNull();
  const made = await recordEntry(record.runId, "second", "replace");

  expect((await find({ results: "own" })).found?.outputs).toEqual(made.outputs);
  expect((await find()).found?.madeBy).toBe(record.runId);
});

test("a reproduction leaves nothing in the ledger", async () => {
  await recordEntry(record.runId, "again", "none");

  expect((await find()).found).toBeNull();
});

describe("a training that has to run", () => {
  const { train, model } = record.pipeline;
  const training = (runId: string, change: Partial<LedgerLookup> = {}, epochs = 5) =>
    find({ stage: "train", runId, parameters: { train: { ...train, epochs }, model }, ...change });
  const checkpointOf = (runId: string) =>
    putJson(objects, `checkpoints/${runId}/train/manifest.json`, {
      formatVersion: 1,
      owner: { activityId: "1", attempt: 1, scheduledAtMs: 1 },
      checkpoints: [
        { key: "k", sha256: "s", sizeBytes: 1, workHash: "w", epoch: 5, stepInEpoch: 1, epochDone: true, best: null },
      ],
    });

  test("is told of an earlier run of the same with fewer epochs, and of none where it is to be done anew", async () => {
    expect((await training("first")).continues).toEqual([]);
    await checkpointOf("first");

    expect((await training("second", {}, 9)).continues).toEqual([{ runId: "first", epoch: 5 }]);
    expect((await training("third", { results: "own" }, 9)).continues).toEqual([]);
  });

  test("is nobody's beginning, nor goes on from any, where it reproduces another", async () => {
    expect((await training("again", { reproduces: true }, train.epochs)).continues).toEqual([]);
    await checkpointOf("again");

    expect((await training("later", {}, train.epochs + 5)).continues).toEqual([]);
  });
});

describe("damaged bytes", () => {
  const evict = async (sha256: string) => {
    const { found, key } = await find();
    const outputs = Object.values(found?.outputs ?? {});
    return activities().evictFromLedger({ sha256, results: [{ stage: "split", key, entry: found?.entry ?? "", outputs }] });
  };

  test("are forgotten with the result they are an output of", async () => {
    const { outputs } = await recordEntry("earlier", "whole");
    const split = outputs["split"]!;
    await objects.put(split.uri, Buffer.from("whele"));

    expect(await evict(split.sha256)).toBe("split");
    expect([objects.objects.has(split.uri), (await find()).found]).toEqual([false, null]);
  });

  test("are forgotten with the result that refers to them", async () => {
    const shard = await artifacts.put(Buffer.from("pixels"), "application/octet-stream");
    const dataset = await artifacts.putJson({ shards: [{ ref: shard, rows: 1 }] });
    await objects.delete([shard.uri]);
    const results = [{ stage: "ingest" as const, key: "k", entry: "e", outputs: [dataset] }];

    expect(await activities().evictFromLedger({ sha256: shard.sha256, results })).toBe("ingest");
    expect(await activities().evictFromLedger({ sha256: "f".repeat(64), results })).toBeNull();
  });

  test("that another run has made anew meanwhile are left alone", async () => {
    const { outputs } = await recordEntry("earlier", "made anew");

    expect(await evict(outputs["split"]!.sha256)).toBe("split");
    expect((await find()).found?.madeBy).toBe("earlier");
  });
});
