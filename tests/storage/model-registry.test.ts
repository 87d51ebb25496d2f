import { beforeEach, expect, test } from "vitest";

import { PreconditionFailed } from "../../storage/object-store.ts";
import { ModelRegistry } from "../../storage/model-registry.ts";
import { MemoryObjectStore } from "../support/memory-object-store.ts";

let objects: MemoryObjectStore;
let registry: ModelRegistry;

beforeEach(() => {
  objects = new MemoryObjectStore();
  registry = new ModelRegistry(objects);
});

const refOf = (letter: string) => ({ uri: `objects/${letter}`, sha256: letter.repeat(64), sizeBytes: 1, mediaType: "x" });
const candidate = (weights: string) => ({
  name: "digits",
  runId: "run",
  createdAt: "2026-01-01T00:00:00.000Z",
  signature: {
    input: { shape: [28, 28, 1], dtype: "uint8" as const, channels: 1 },
    normalizer: refOf("e"),
    classes: ["0", "1"],
    output: "softmax" as const,
    threshold: null,
    batchSize: 256,
  },
  files: { weights: refOf(weights) },
  metrics: { accuracy: 0.9 },
  lineage: {},
  evidence: { predictions: refOf("a"), metrics: refOf("b"), history: refOf("c") },
});

test("publishes the same content as the same version, whichever run made it", async () => {
  const first = await registry.publish(candidate("a"));
  const again = await registry.publish({ ...candidate("a"), runId: "another" });

  expect([first.version, again.version, again.runId]).toEqual([1, 1, "run"]);
});

test("gives 32 different models published at once 32 different versions", async () => {
  const letters = "0123456789abcdef"
    .split("")
    .flatMap((letter) => [
      candidate(letter),
      { ...candidate(letter), signature: { ...candidate(letter).signature, batchSize: 1 } },
    ]);

  const versions = await Promise.all(letters.map((each) => registry.publish(each)));

  expect(versions.map(({ version }) => version).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
});

test("gives the same content published 32 times at once one version, and leaves no gap", async () => {
  const versions = await Promise.all(Array.from({ length: 32 }, (_, i) => registry.publish(candidate(i % 2 === 0 ? "a" : "b"))));

  expect(new Set(versions.map(({ version }) => version))).toEqual(new Set([1, 2]));
  expect(await registry.versions("digits")).toEqual([1, 2]);
});

test("goes on where a publisher died between its claim and its version", async () => {
  await registry.publish(candidate("a"));
  const put = objects.put.bind(objects);
  objects.put = async (key, ...rest) => {
    if (key.includes("/versions/")) throw new Error("killed");
    return put(key, ...rest);
  };
  await expect(registry.publish(candidate("b"))).rejects.toThrow("killed");
  objects.put = put;

  const others = await Promise.all(["c", "b"].map((letter) => registry.publish(candidate(letter))));

  expect(new Set(others.map(({ version }) => version))).toEqual(new Set([2, 3]));
  expect((await registry.publish(candidate("b"))).version).toBe(others[1]?.version);
});

const move = {
  alias: "champion",
  kind: "promote",
  movedAt: "2026-01-01T00:00:00.000Z",
  movedBy: "run r",
  reason: "better",
} as const;

test("moves an alias only from where it was seen, and logs each move", async () => {
  await registry.moveAlias("digits", { ...move, version: 1 }, null);
  const holder = await registry.alias("digits", "champion");
  await registry.moveAlias("digits", { ...move, version: 2 }, holder);

  await expect(registry.moveAlias("digits", { ...move, version: 3 }, holder)).rejects.toBeInstanceOf(PreconditionFailed);
  expect((await registry.alias("digits", "champion"))?.value.version).toBe(2);
  expect((await registry.history("digits")).map(({ version, number }) => [version, number])).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

test("loses no move of an alias to a death between the move and its log", async () => {
  await registry.moveAlias("digits", { ...move, version: 1 }, null);
  await objects.delete([...objects.objects.keys()].filter((key) => key.includes("/log/")));

  expect(await registry.history("digits")).toHaveLength(1);
  await registry.moveAlias("digits", { ...move, version: 2 }, await registry.alias("digits", "champion"));

  expect((await registry.history("digits", "champion")).map(({ version }) => version)).toEqual([1, 2]);
});

test("keeps the history of an alias that was taken away, and lets it be set again", async () => {
  await registry.moveAlias("digits", { ...move, version: 1 }, null);
  await registry.moveAlias("digits", { ...move, kind: "remove", version: null }, await registry.alias("digits", "champion"));

  expect(await registry.aliases("digits")).toEqual(new Map());
  await registry.moveAlias("digits", { ...move, version: 1 }, await registry.alias("digits", "champion"));
  expect(await registry.aliases("digits")).toEqual(new Map([["champion", 1]]));
  expect((await registry.history("digits")).map(({ kind }) => kind)).toEqual(["promote", "remove", "promote"]);
});

test("reads aliases and logs of the first format", async () => {
  const { kind: _kind, ...first } = { formatVersion: 1, ...move, version: 1 };
  const put = (key: string, value: unknown) => objects.put(key, Buffer.from(JSON.stringify(value)));
  await put("models/digits/log/00000000.json", first);
  await put("models/digits/aliases/champion.json", first);

  await registry.moveAlias(
    "digits",
    { ...move, movedAt: "2026-02-01T00:00:00.000Z", version: 2 },
    await registry.alias("digits", "champion"),
  );

  expect((await registry.history("digits")).map(({ version, number }) => [version, number])).toEqual([
    [1, 0],
    [2, 1],
  ]);
});

test("changes tags of a version and nothing else of it", async () => {
  const { version } = await registry.publish(candidate("a"));
  await registry.tag("digits", version, { team: "vision", stage: "trial" });

  expect(await registry.tag("digits", version, { stage: null, approved: "yes" })).toEqual({ team: "vision", approved: "yes" });
  expect(await registry.tags("digits", version)).toEqual({ team: "vision", approved: "yes" });
});
