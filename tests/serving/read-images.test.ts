import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

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
import { encodeNpy } from "../../storage/npy.ts";
import { storeModules } from "../../storage/store-modules.ts";
import { MemoryObjectStore } from "../support/memory-object-store.ts";
import { zipFile } from "../support/zip-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-read-images-"));
});
afterEach(() => rm(folder, { recursive: true }));

const toTwoByTwo = {
  shape: { height: 2, width: 2, channels: 1, dtype: "uint8" as const },
  resizing: { resize: "auto" as const, kernel: "linear" as const },
};

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

  const reader = await loadReader(preprocessing.reader, artifacts);
  const images: ReadImage[] = [];
  for await (const image of readImages(files, { ...toTwoByTwo, scratchFolder: folder, reader })) images.push(image);

  expect(images.map(({ path, pixels }) => [path, pixels && [...pixels]])).toEqual([
    ["scans/a.scan", [1, 2, 3, 4]],
    ["scans/b.zip/in/b.scan", [5, 6, 7, 8]],
    ["scans/c.scan", null],
  ]);
  expect(images[2]?.reason).toMatch(/scan-reader\.ts gave 1 values for 2×2×1; 4 were expected/);
});

test("of an npz archive the array is read that holds images by its name, or the only one, and none where several do", async () => {
  const images = encodeNpy({ dtype: "float64", shape: [2, 2, 2], data: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
  const labels = encodeNpy({ dtype: "uint8", shape: [2], data: Uint8Array.of(0, 1) });
  const archives = {
    "named.npz": { "labels.npy": labels, "images.npy": images, "weights.npy": labels },
    "only.npz": { "arr_0.npy": images },
    "two.npz": { "x_train.npy": images, "x_test.npy": images },
    "none.npz": { "a.npy": images, "b.npy": images },
  };
  for (const [name, arrays] of Object.entries(archives)) {
    const members = Object.entries(arrays).map(([member, bytes]) => ({ name: member, bytes }));
    await writeFile(join(folder, name), zipFile(members));
  }
  const openBucket = () => new MemoryObjectStore();
  const files = await listFiles(Object.keys(archives), { folder, scratchFolder: folder, openBucket });
  const read: ReadImage[] = [];

  for await (const image of readImages(files, { ...toTwoByTwo, scratchFolder: folder, reader: null })) read.push(image);

  expect(read.map(({ path, pixels }) => [path, pixels && [...pixels]])).toEqual([
    ["named.npz#0", [1, 2, 3, 4]],
    ["named.npz#1", [5, 6, 7, 8]],
    ["only.npz#0", [1, 2, 3, 4]],
    ["only.npz#1", [5, 6, 7, 8]],
    ["two.npz", null],
    ["none.npz", null],
  ]);
  expect(read.at(-2)?.reason).toMatch(
    /several arrays of images: x_train\.npy in two\.npz, x_test\.npy in two\.npz; save the one/,
  );
  expect(read.at(-1)?.reason).toMatch(/None of its arrays holds images by its name: a\.npy in none\.npz, b\.npy in none\.npz/);
});

test("what is hidden in a folder is left out, whatever the way to the folder is called", async () => {
  const objects = new MemoryObjectStore();
  const options = { folder: join(folder, ".work"), scratchFolder: folder, openBucket: () => objects };
  for (const name of ["1.png", ".thumbs/2.png"]) {
    await mkdir(dirname(join(folder, ".work", "scans", name)), { recursive: true });
    await writeFile(join(folder, ".work", "scans", name), "no image");
    await objects.put(`.work/scans/${name}`, Buffer.from("no image"), {});
  }
  const given = ["./scans", "../.work/scans/", join(folder, ".work", "scans"), "s3://bucket/.work/scans/"];

  const found: string[] = [];
  for (const path of given) {
    const files = await listFiles([path], options);
    for await (const image of readImages(files, { ...toTwoByTwo, reader: null, scratchFolder: folder })) found.push(image.path);
  }

  expect(found).toEqual([
    "./scans/1.png",
    "../.work/scans/1.png",
    join(folder, ".work", "scans", "1.png"),
    "s3://bucket/.work/scans/1.png",
  ]);
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
