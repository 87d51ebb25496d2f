import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

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

describe("where objects are files on this machine", () => {
  const large = Buffer.alloc(2 * 1024 * 1024, "large");
  let files: FolderObjectStore;

  beforeEach(() => {
    files = new FolderObjectStore(join(folder, "objects"));
    artifacts = new ArtifactStore(files, join(folder, "cache"));
  });

  test("reads them there, without a request and without a second copy", async () => {
    const [small, big] = [await artifacts.put(Buffer.from("abc"), "text/plain"), await artifacts.put(large, "text/plain")];
    files.requests = 0;

    expect(Buffer.from(await artifacts.read(small)).toString()).toBe("abc");
    expect(Buffer.from(await artifacts.get(small)).toString()).toBe("abc");
    expect(await readFile(await artifacts.localPath(small), "utf8")).toBe("abc");
    expect(large.equals(await readFile(await artifacts.localPath(big)))).toBe(true);
    expect(files.requests).toBe(0);
    for (const ref of [small, big])
      expect((await stat(files.fileOf(ref.uri))).ino).toBe((await stat(await artifacts.localPath(ref))).ino);
  });

  test("does not take an object for whole because its bytes were made once more", async () => {
    const ref = await artifacts.put(large, "text/plain");
    await writeFile(files.fileOf(ref.uri), Buffer.alloc(large.byteLength, "damaged"));

    await artifacts.put(large, "text/plain");
    await artifacts.keepLocal(ref, large);

    await expect(artifacts.localPath(ref)).rejects.toMatchObject({ name: "ArtifactCorrupt", sha256: ref.sha256 });
  });

  test("forgets the second name of an object that was damaged after it was verified", async () => {
    const ref = await artifacts.put(large, "text/plain");
    await artifacts.localPath(ref);
    const damaged = Buffer.alloc(large.byteLength, "damaged");
    await writeFile(files.fileOf(ref.uri), damaged);
    files.objects.set(ref.uri, { bytes: damaged, modifiedAt: new Date() });

    expect(await artifacts.discardDamaged(ref.sha256)).toBe(true);
    await artifacts.put(large, "text/plain");

    expect(large.equals(await readFile(await artifacts.localPath(ref)))).toBe(true);
  });

  test.each(["abc", large])("refuses bytes that differ from their hash", async (bytes) => {
    const ref = await artifacts.put(Buffer.from(bytes), "text/plain");
    await writeFile(files.fileOf(ref.uri), "abd");

    for (const read of ["read", "get", "localPath"] as const)
      await expect(artifacts[read](ref)).rejects.toMatchObject({ name: "ArtifactCorrupt", sha256: ref.sha256 });
  });

  test.each(["abc", large])("asks the server where there is no file", async (bytes) => {
    const ref = await artifacts.put(Buffer.from(bytes), "text/plain");
    await rm(files.fileOf(ref.uri));

    expect(Buffer.from(bytes).equals(await artifacts.get(ref))).toBe(true);
    expect(Buffer.from(bytes).equals(await readFile(await artifacts.localPath(ref)))).toBe(true);
  });
});

test("fetches again where the local copy is damaged", async () => {
  const ref = await artifacts.put(Buffer.from("abc"), "text/plain");
  const path = await artifacts.localPath(ref);
  await writeFile(path, "xyz");

  expect(Buffer.from(await artifacts.get(ref)).toString()).toBe("abc");
});

/** One whose objects also are files, and which counts what it is asked. */
class FolderObjectStore extends MemoryObjectStore {
  requests = 0;
  readonly #root: string;

  constructor(root: string) {
    super();
    this.#root = root;
  }

  override fileOf(key: string): string {
    return join(this.#root, key);
  }

  override async put(...given: Parameters<MemoryObjectStore["put"]>): Promise<{ etag: string }> {
    const [key, bytes] = given;
    const answer = await super.put(...given);
    await mkdir(dirname(this.fileOf(key)), { recursive: true });
    await writeFile(this.fileOf(key), bytes);
    return answer;
  }

  override async get(key: string): Promise<{ bytes: Uint8Array; etag: string }> {
    this.requests++;
    return super.get(key);
  }

  override async getFile(...given: Parameters<MemoryObjectStore["getFile"]>): Promise<void> {
    this.requests++;
    return super.getFile(...given);
  }
}
