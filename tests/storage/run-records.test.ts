import { expect, test } from "vitest";

import { pendingStages } from "../../ml/run/pending-stages.ts";
import type { RunRecord } from "../../ml/run/schema.ts";
import type { PutOptions } from "../../storage/object-store.ts";
import { RunRecords } from "../../storage/run-records.ts";
import { loadPipelineFile } from "../../client/pipeline-file.ts";
import { MemoryObjectStore } from "../support/memory-object-store.ts";

class ObservedStore extends MemoryObjectStore {
  readonly options: PutOptions[] = [];

  override put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<{ etag: string }> {
    this.options.push(options);
    return super.put(key, bytes, options);
  }
}

test("lets a record wait for the disk only where its run has ended: one that goes on is stored again", async () => {
  const objects = new ObservedStore();
  const records = new RunRecords(objects);
  const record = await exampleRecord();

  await records.put(record);
  await records.put({ ...record, status: "done", finishedAt: "2026-01-02T03:05:05.000Z" });

  expect(objects.options.map(({ mayBeLost }) => mayBeLost)).toEqual([true, false]);
  expect(await records.find(record.runId)).toMatchObject({ status: "done" });
});

test("lists the ids of runs, newest first", async () => {
  const records = new RunRecords(new MemoryObjectStore());
  const record = await exampleRecord();

  for (const runId of ["06fre0000001", "06fre0000003", "06fre0000002"]) await records.put({ ...record, runId });

  expect(await records.ids()).toEqual(["06fre0000003", "06fre0000002", "06fre0000001"]);
});

async function exampleRecord(): Promise<RunRecord> {
  const { pipeline } = await loadPipelineFile("pipelines/mnist.yaml", { folder: process.cwd() });
  return {
    formatVersion: 1,
    runId: "06fre0000001",
    status: "running",
    startedAt: "2026-01-02T03:04:05.000Z",
    finishedAt: null,
    pipeline,
    source: { uri: "objects/aa/aa", sha256: "a".repeat(64), sizeBytes: 1, mediaType: "application/json" },
    buildId: "0123456789ab",
    build: null,
    stages: pendingStages(),
    error: null,
    model: null,
  };
}
