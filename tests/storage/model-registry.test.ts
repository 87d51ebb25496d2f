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

test("moves an alias only from where it was seen, and logs each move", async () => {
  const move = { alias: "champion", version: 1, movedAt: "2026-01-01T00:00:00.000Z", movedBy: "run r", reason: "first version" };
  await registry.moveAlias("digits", move, null);
  const holder = await registry.alias("digits", "champion");
  await registry.moveAlias("digits", { ...move, version: 2 }, holder);

  await expect(registry.moveAlias("digits", { ...move, version: 3 }, holder)).rejects.toBeInstanceOf(PreconditionFailed);
  expect((await registry.alias("digits", "champion"))?.value.version).toBe(2);
  expect([...objects.objects.keys()].filter((key) => key.includes("/log/"))).toHaveLength(2);
});
