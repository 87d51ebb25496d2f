import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { ArtifactCorrupt } from "../../ml/errors.ts";
import { ArtifactStore } from "../../storage/artifact-store.ts";
import { MemoryObjectStore } from "../support/memory-object-store.ts";

let folder: string;
let objects: MemoryObjectStore;
let artifacts: ArtifactStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-artifacts-"));
  objects = new MemoryObjectStore();
  artifacts = new ArtifactStore(objects, join(folder, "cache"));
});
afterEach(() => rm(folder, { recursive: true }));

test("stores equal bytes once, under their hash", async () => {
  const first = await artifacts.put(Buffer.from("abc"), "text/plain");
  const second = await artifacts.put(Buffer.from("abc"), "text/plain");

  expect(second).toEqual(first);
  expect([...objects.objects.keys()]).toEqual(["objects/ba/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]);
});

test("replaces an object that was cut short when the same content is put again", async () => {
  const ref = await artifacts.put(Buffer.from("abc"), "text/plain");
  await objects.put(ref.uri, Buffer.from("a"));

  await artifacts.put(Buffer.from("abc"), "text/plain");

  expect(Buffer.from(await artifacts.get(ref)).toString()).toBe("abc");
});

test("refuses bytes that differ from their hash, naming key, expected and received hash", async () => {
  const ref = await artifacts.put(Buffer.from("abc"), "text/plain");
  await objects.put(ref.uri, Buffer.from("abd"));

  const reading = artifacts.get(ref);

  await expect(reading).rejects.toBeInstanceOf(ArtifactCorrupt);
  await expect(reading).rejects.toThrow(/objects\/ba\/ba7816.*expected sha256:ba7816.*got sha256:a52d/);
});

test("refuses a missing object by get and by local path, with the hash as a field", async () => {
  const ref = await artifacts.put(Buffer.from("abc"), "text/plain");
  objects.objects.clear();

  await expect(artifacts.get(ref)).rejects.toMatchObject({ name: "ArtifactCorrupt", sha256: ref.sha256 });
  await expect(artifacts.localPath(ref)).rejects.toMatchObject({ name: "ArtifactCorrupt", sha256: ref.sha256 });
});

test("is intact only with the size it was written with", async () => {
  const ref = await artifacts.put(Buffer.from("abc"), "text/plain");

  expect(await artifacts.isIntact(ref)).toBe(true);
  await objects.put(ref.uri, Buffer.from("ab"));
  expect(await artifacts.isIntact(ref)).toBe(false);
});

test("fetches again where the local copy is damaged", async () => {
  const ref = await artifacts.put(Buffer.from("abc"), "text/plain");
  const path = await artifacts.localPath(ref);
  await writeFile(path, "xyz");

  expect(Buffer.from(await artifacts.get(ref)).toString()).toBe("abc");
});
