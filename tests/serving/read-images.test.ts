import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { loadReader } from "../../activities/ingest/own-reader.ts";
import { pipelineSchema } from "../../ml/pipeline.ts";
import { stageParameters } from "../../ml/run/stage-parameters.ts";
import { listFiles } from "../../serving/list-files.ts";
import type { ReadImage } from "../../serving/read-images.ts";
import { readImages } from "../../serving/read-images.ts";
import { ArtifactStore } from "../../storage/artifact-store.ts";
import type { ListedObject } from "../../storage/object-store.ts";
import { ObjectNotFound } from "../../storage/object-store.ts";
import { storeModules } from "../../storage/store-modules.ts";
import { MemoryObjectStore } from "../support/memory-object-store.ts";
import { zipFile } from "../support/zip-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-read-images-"));
});
afterEach(() => rm(folder, { recursive: true }));

const scanReader = `import { defineReader } from "convoy";
export default defineReader({
  extensions: [".scan"],
  read: (bytes) => ({ height: 2, width: 2, channels: 1, pixels: bytes.slice(4) }),
});
`;

test("files that convoy does not know are read by the model's own reader, which registration keeps, in archives too", async () => {
  const objects = new MemoryObjectStore();
  const artifacts = new ArtifactStore(objects, join(folder, "cache"));
  await writeFile(join(folder, "scan-reader.ts"), scanReader);
  const asked = { name: "scans", dataset: { path: "x" }, model: ["flatten"], ingest: { reader: "./scan-reader.ts" } };
  const stored = await storeModules(pipelineSchema.parse(asked), folder, artifacts);
  const { preprocessing } = stageParameters.register(stored) as { preprocessing: { reader: typeof stored.ingest.reader } };
  const scan = (...pixels: number[]) => Buffer.concat([Buffer.from("SCAN"), Buffer.from(pixels)]);
  await mkdir(join(folder, "scans"));
  await writeFile(join(folder, "scans", "a.scan"), scan(1, 2, 3, 4));
  await writeFile(join(folder, "scans", "b.zip"), zipFile([{ name: "in/b.scan", bytes: scan(5, 6, 7, 8) }]));
  await writeFile(join(folder, "scans", "c.scan"), scan(9));
  const files = await listFiles(["scans"], { folder, scratchFolder: folder, openBucket: () => objects });
  const options = {
    shape: { height: 2, width: 2, channels: 1, dtype: "uint8" as const },
    resizing: { resize: "auto" as const, kernel: "linear" as const },
    scratchFolder: folder,
  };

  const reader = await loadReader(preprocessing.reader, artifacts);
  const images: ReadImage[] = [];
  for await (const image of readImages(files, { ...options, reader })) images.push(image);

  expect(images.map(({ path, pixels }) => [path, pixels && [...pixels]])).toEqual([
    ["scans/a.scan", [1, 2, 3, 4]],
    ["scans/b.zip/in/b.scan", [5, 6, 7, 8]],
    ["scans/c.scan", null],
  ]);
  expect(images[2]?.reason).toMatch(/scan-reader\.ts gave 1 values for 2×2×1; 4 were expected/);
});

test("a bucket that is not there is named", async () => {
  class NoBucket extends MemoryObjectStore {
    override list(): AsyncIterable<ListedObject> {
      throw new ObjectNotFound("NoSuchBucket");
    }
  }

  const listing = listFiles(["s3://other/scans/"], { folder, scratchFolder: folder, openBucket: () => new NoBucket() });
  await expect(listing).rejects.toThrow("There is no bucket other at ");
});
