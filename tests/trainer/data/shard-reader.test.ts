import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import type { Dataset } from "../../../ml/ingest/schema.ts";
import { ArtifactStore } from "../../../storage/artifact-store.ts";
import { encodeNpy } from "../../../storage/npy.ts";
import { ShardReader } from "../../../trainer/data/shard-reader.ts";
import { MemoryObjectStore } from "../../support/memory-object-store.ts";

let folder: string;
let artifacts: ArtifactStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-shards-"));
  artifacts = new ArtifactStore(new MemoryObjectStore(), folder);
});
afterEach(() => rm(folder, { recursive: true }));

/** Images of 1 × 2 pixels whose values are their row and 1000 more, in shards of the given sizes. */
async function storeShards(sizes: number[], change: Partial<Dataset> = {}): Promise<Dataset> {
  const shards: Dataset["shards"] = [];
  let row = 0;
  for (const rows of sizes) {
    const data = Uint16Array.from({ length: rows * 2 }, (_, i) => row + Math.floor(i / 2) + (i % 2) * 1000);
    shards.push({
      ref: await artifacts.put(encodeNpy({ dtype: "uint16", shape: [rows, 1, 2, 1], data }), "application/x-npy"),
      rows,
    });
    row += rows;
  }
  const image = { height: 1, width: 2, channels: 1, dtype: "uint16", rowCount: row, shards } as const;
  return {
    formatVersion: 1,
    classes: [],
    samples: shards[0]!.ref,
    columns: [],
    unreadable: [],
    licence: null,
    ...image,
    ...change,
  };
}

test("reads any rows in any order, across shards, twice where asked twice", async () => {
  const fetched: number[] = [];
  const reader = await ShardReader.open(await storeShards([3, 1, 4]), artifacts, (count) => fetched.push(count));

  const pixels = reader.read(Int32Array.of(2, 3, 4, 5, 0, 7, 7, 6));
  reader.close();

  expect([...pixels]).toEqual([2, 3, 4, 5, 0, 7, 7, 6].flatMap((row) => [row, row + 1000]));
  expect(fetched).toEqual([1, 2, 3]);
});

test("refuses shards that are not what the data set says", async () => {
  const open = async (change: Partial<Dataset>) => ShardReader.open(await storeShards([3], change), artifacts, () => undefined);

  await expect(open({ dtype: "uint8" })).rejects.toThrow(/must be uint8 \[3, 1, 2, 1\], C order; received uint16/);
  await expect(open({ width: 3 })).rejects.toThrow(/\[3, 1, 3, 1\].*received uint16 \[3, 1, 2, 1\]/);
});

test("says so when a local copy is cut short while it is read", async () => {
  const dataset = await storeShards([8]);
  const reader = await ShardReader.open(dataset, artifacts, () => undefined);
  await truncate(await artifacts.localPath(dataset.shards[0]!.ref), 140);

  expect(() => reader.read(Int32Array.of(0, 1, 2, 3, 4, 5))).toThrow(/ended \d+ bytes early/);
  reader.close();
});
