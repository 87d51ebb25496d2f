import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeEach, expect, test } from "vitest";

import type { ArtifactRef } from "../../ml/artifact.ts";
import { ArtifactStore } from "../../storage/artifact-store.ts";
import { Ledger, ledgerKey } from "../../storage/ledger.ts";
import { MemoryObjectStore } from "../support/memory-object-store.ts";

let objects: MemoryObjectStore;
let artifacts: ArtifactStore;
let ledger: Ledger;
let output: ArtifactRef;

beforeEach(async () => {
  objects = new MemoryObjectStore();
  artifacts = new ArtifactStore(objects, join(tmpdir(), "convoy-ledger-test"));
  ledger = new Ledger(objects, artifacts);
  output = await artifacts.put(Buffer.from("result"), "text/plain");
});

const codeHash = "c".repeat(64);
const entryOf = (runId: string, code = codeHash) => ({
  stage: "split" as const,
  key: "k",
  codeHash: code,
  environment: { node: "v20" },
  runId,
  createdAt: "2026-01-01T00:00:00.000Z",
  seconds: 1,
  outputs: { split: output },
  summary: {},
});

test("finds what the same code made from the same work", async () => {
  await ledger.record(entryOf("first"));

  expect(await ledger.find({ stage: "split", key: "k", codeHash })).toMatchObject({ runId: "first", outputs: { split: output } });
});

test("finds nothing for other code", async () => {
  await ledger.record(entryOf("first"));

  expect(await ledger.find({ stage: "split", key: "k", codeHash: "d".repeat(64) })).toBeNull();
});

test("lets the first writer win; the second adopts its entry", async () => {
  await ledger.record(entryOf("first"));

  expect((await ledger.record(entryOf("second"))).runId).toBe("first");
});

test.each([
  ["is gone", () => objects.objects.delete(output.uri)],
  ["was cut short", () => objects.put(output.uri, Buffer.from("r"))],
])("forgets an entry whose output %s", async (_, damage) => {
  await ledger.record(entryOf("first"));
  await damage();

  expect(await ledger.find({ stage: "split", key: "k", codeHash })).toBeNull();
  expect([...objects.objects.keys()].filter((key) => key.startsWith("ledger/"))).toEqual([]);
});

test("gives one key for equal work, whatever the order of fields and where the inputs lie", () => {
  const input = { uri: "objects/aa/aa", sha256: "a".repeat(64), sizeBytes: 1, mediaType: "x" };
  const one = ledgerKey({ stage: "split", parameters: { a: 1, b: [2] }, inputs: { dataset: input }, seed: 1 });
  const two = ledgerKey({
    stage: "split",
    parameters: { b: [2], a: 1 },
    inputs: { dataset: { ...input, uri: "elsewhere" } },
    seed: 1,
  });

  expect(two).toBe(one);
});

test.each([
  ["stage", { stage: "check" as const }],
  ["a parameter", { parameters: { a: 2 } }],
  ["the seed", { seed: 2 }],
  ["an input", { inputs: { dataset: { uri: "", sha256: "b".repeat(64), sizeBytes: 1, mediaType: "x" } } }],
])("gives another key when %s differs", (_, change) => {
  const work = { stage: "split" as const, parameters: { a: 1 }, inputs: {}, seed: 1 };

  expect(ledgerKey({ ...work, ...change })).not.toBe(ledgerKey(work));
});
