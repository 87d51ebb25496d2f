import { WorkflowNotFoundError } from "@temporalio/client";
import { expect, test } from "vitest";

import type { Link } from "../../client/connect.ts";
import { searchRuns } from "../../client/search-runs.ts";
import type { RunRecord } from "../../ml/run/schema.ts";
import { RunNotesStore } from "../../storage/run-notes.ts";
import { MemoryObjectStore, VanishingObjectStore } from "../support/memory-object-store.ts";
import { aDoneRecord, stagesWith } from "../support/fake-convoy.ts";
import { memoryStore } from "../support/memory-store.ts";

/** Counts what is read. */
class CountingStore extends MemoryObjectStore {
  readonly reads: string[] = [];

  override get(key: string): Promise<{ bytes: Uint8Array; etag: string }> {
    this.reads.push(key);
    return super.get(key);
  }
}

function linkTo(objects: MemoryObjectStore): Link {
  const temporal = {
    workflow: {
      getHandle: () => ({ describe: () => Promise.reject(new WorkflowNotFoundError("none is alive", "", undefined)) }),
    },
  };
  return { store: memoryStore(undefined, objects), temporal } as unknown as Link; // records of ended runs need nothing else
}

const id = (number: number) => `06fre${String(number).padStart(7, "0")}`;

async function withRuns(count: number, change: (number: number) => Partial<RunRecord> = () => ({})) {
  const objects = new CountingStore();
  const link = linkTo(objects);
  for (let number = 1; number <= count; number++) {
    const summary = { test: { loss: 1, accuracy: number / 100 } };
    const stages = stagesWith({ evaluate: { status: "ran", summary } });
    await link.store.runs.put(aDoneRecord({ runId: id(number), stages, ...change(number) }));
  }
  return { objects, link };
}

test("finds runs by metrics, pipeline values, tags and notes, newest first", async () => {
  const { link, objects } = await withRuns(5);
  const notes = new RunNotesStore(objects);
  await notes.change(id(2), (found) => ({ ...found, tags: { site: "B" }, note: "blurry scans" }));
  const ids = async (where: string) => (await searchRuns(link, { limit: 10, where })).map(({ runId }) => runId);

  expect(await ids("metrics.test.accuracy > 0.03 and pipeline = digits")).toEqual([id(5), id(4)]);
  expect(await ids("tags.site = B")).toEqual([id(2)]);
  expect(await ids("note ~ BLURRY")).toEqual([id(2)]);
  expect(await ids("train.epochs = 10 and seed = 7")).toHaveLength(5);
  expect(await ids("train.epochs > 10")).toEqual([]);
  expect(await searchRuns(link, { limit: 2 })).toMatchObject([{ runId: id(5), accuracy: 0.05 }, { runId: id(4) }]);
});

test("leaves out a run of which only logs are left, and one that is deleted while runs are read", async () => {
  const objects = new VanishingObjectStore();
  const link = linkTo(objects);
  for (const number of [1, 2, 3]) await link.store.runs.put(aDoneRecord({ runId: id(number) }));
  await objects.put(`runs/${id(4)}/logs/train/1/0.ndjson`, Buffer.from("{}\n"));
  objects.isGone = (key) => key === `runs/${id(2)}/run.json`;

  expect(await searchRuns(link, { limit: 50 })).toMatchObject([{ runId: id(3) }, { runId: id(1) }]);
});

test("says which field there is none of, and the nearest", async () => {
  const { link } = await withRuns(1);

  await expect(searchRuns(link, { limit: 1, where: "train.epoch > 3" })).rejects.toThrow("did you mean train.epochs?");
});

test("reads ended runs from their period's index the second time, and what is new from its record", async () => {
  const { link, objects } = await withRuns(40);
  const where = "metrics.test.accuracy >= 0.4";
  await searchRuns(link, { limit: 50, where });
  await link.store.runs.put(aDoneRecord({ runId: id(41) }));
  objects.reads.length = 0;

  const found = await searchRuns(link, { limit: 50, where });

  expect(found.map(({ runId }) => runId)).toEqual([id(41), id(40)]);
  expect(objects.reads.filter((key) => key.endsWith("/run.json"))).toEqual([`runs/${id(41)}/run.json`]);
});

test("forgets runs in the index that are gone", async () => {
  const { link, objects } = await withRuns(20);
  await searchRuns(link, { limit: 50 });
  await objects.delete([`runs/${id(7)}/run.json`]);

  const found = await searchRuns(link, { limit: 50 });

  expect(found.map(({ runId }) => runId)).not.toContain(id(7));
  expect(found).toHaveLength(19);
});

test("keeps what two people say of a run at the same moment", async () => {
  const { objects } = await withRuns(1);
  const notes = new RunNotesStore(objects);

  await Promise.all(
    ["a", "b", "c", "d"].map((name) => notes.change(id(1), (found) => ({ ...found, tags: { ...found.tags, [name]: "yes" } }))),
  );

  expect(Object.keys((await notes.of(id(1))).tags).toSorted()).toEqual(["a", "b", "c", "d"]);
});
