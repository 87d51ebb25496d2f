import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { copyFile, link, mkdir, open, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";

import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import { ArtifactCorrupt } from "../ml/errors.ts";
import { keepFromCollection, reuseAgeMs } from "./gc/fence.ts";
import type { ObjectHead, ObjectStore } from "./object-store.ts";
import { ObjectNotFound, PreconditionFailed } from "./object-store.ts";
import type { ReusedMemory } from "./reused-memory.ts";

/** Larger artifacts are read by way of the disk cache; smaller ones are kept there as well. */
const inMemoryLimitBytes = 64 * 1024 * 1024;

/** Fetched in one piece, as most pictures are: streaming these, and reading them again for their hash, costs more than the bytes do. */
const onePieceBytes = 1024 * 1024;

/** Where its object is a file on this machine, a smaller one is verified each time it is read: a second name for it costs more than that. */
const notNamedTwiceBytes = 64 * 1024;

/**
 * Immutable bytes by content. What is fetched is verified by sha256 before anybody sees it; after that a copy on local disk counts by name and
 * size. That disk is a cache, safe to delete at any time. Where objects are files on this machine, a copy is a second name of such a file: the
 * server replaces files and never writes into one.
 * @throws {ArtifactCorrupt} when stored bytes are missing or are not what their hash says
 */
export class ArtifactStore {
  readonly #objects: ObjectStore;
  readonly #cacheFolder: string;

  constructor(objects: ObjectStore, cacheFolder: string) {
    this.#objects = objects;
    this.#cacheFolder = cacheFolder;
  }

  async put(bytes: Uint8Array, mediaType: string): Promise<ArtifactRef> {
    const ref = refOf(bytes, mediaType);
    if (await this.reuse(ref)) return ref;
    await putOnce(this.#objects.put(ref.uri, bytes, { mediaType, condition: { ifAbsent: true } }), () =>
      this.#objects.put(ref.uri, bytes, { mediaType }),
    );
    return ref;
  }

  async putJson(value: unknown): Promise<ArtifactRef> {
    return this.put(jsonBytes(value), mediaTypes.json);
  }

  /** Stores a local file's bytes, in bounded memory; `sha256` spares reading it once more where the caller knows it. */
  async putFile(path: string, mediaType: string, sha256?: string): Promise<ArtifactRef> {
    const hash = sha256 ?? (await hashFile(path));
    const ref = { uri: objectKey(hash), sha256: hash, sizeBytes: (await stat(path)).size, mediaType };
    if (!(await this.reuse(ref))) await this.#objects.putFile(ref.uri, path, { mediaType });
    return ref;
  }

  async get(ref: ArtifactRef): Promise<Uint8Array> {
    if (ref.sizeBytes > inMemoryLimitBytes) return readFile(await this.localPath(ref));
    const cached = await readIfPresent(this.#cachePath(ref), ref);
    if (cached && sha256Of(cached) === ref.sha256) return cached;
    return this.#fetchBytes(ref);
  }

  async getJson<Schema extends z.ZodType>(ref: ArtifactRef, schema: Schema): Promise<z.infer<Schema>> {
    return schema.parse(JSON.parse(Buffer.from(await this.get(ref)).toString("utf8")));
  }

  /** A verified local copy of the artifact, for readers that want a file. Don't change it: others read it too. */
  async localPath(ref: ArtifactRef): Promise<string> {
    const path = this.#cachePath(ref);
    const size = await sizeIfPresent(path);
    if (size === ref.sizeBytes) {
      await utimes(path, new Date(), new Date());
      return path;
    }
    if (ref.sizeBytes <= onePieceBytes) {
      await this.#keep(ref, await this.#fetchBytes(ref));
      return path;
    }
    await this.#place(ref, async (partial) => {
      if (!(await this.#linkOwnFile(ref, partial))) await this.#fetch(ref, () => this.#objects.getFile(ref.uri, partial));
      verify(ref, await hashFile(partial), (await stat(partial)).size, this.#objects);
    });
    return path;
  }

  /**
   * The bytes of {@link localPath}: as verified, and kept for the next reader; a small artifact that is fetched now is not read from disk again.
   *
   * @param memory where the bytes may go; the caller gives them back
   */
  async read(ref: ArtifactRef, memory?: ReusedMemory): Promise<Uint8Array> {
    if (ref.sizeBytes > onePieceBytes) return readFile(await this.localPath(ref));
    const isFileHere = this.#objects.fileOf(ref.uri) !== null;
    if (isFileHere && ref.sizeBytes <= notNamedTwiceBytes) return this.#fetchBytes(ref, memory);
    const path = this.#cachePath(ref);
    const kept = await readIfPresent(path, ref, memory);
    if (kept?.byteLength === ref.sizeBytes) {
      await utimes(path, new Date(), new Date());
      return kept;
    }
    const bytes = await this.#fetchBytes(ref, memory);
    await this.#keep(ref, bytes);
    return bytes;
  }

  /**
   * Puts bytes that were just made into the local cache, so that the next reader on this machine finds them. Where its object is a file here, that
   * reader finds it as well, and verifies it: an object that was there before may be damaged.
   */
  async keepLocal(ref: ArtifactRef, bytes: Uint8Array): Promise<void> {
    if (this.#objects.fileOf(ref.uri) === null) await this.#keep(ref, bytes);
  }

  /** Deletes the copy on this machine. */
  async forgetLocal(ref: Pick<ArtifactRef, "sha256">): Promise<void> {
    await rm(this.#cachePath(ref), { force: true });
  }

  /** The artifact with this hash, where only that is known of it; null where the store holds none. */
  async find(sha256: string, mediaType: string): Promise<ArtifactRef | null> {
    try {
      const { sizeBytes } = await this.#objects.head(objectKey(sha256));
      return { uri: objectKey(sha256), sha256, sizeBytes, mediaType };
    } catch (error) {
      if (error instanceof ObjectNotFound) return null;
      throw error;
    }
  }

  /** Whether the artifact stands in the store with the size it was written with; a HEAD, the bytes are not read. */
  async isIntact(ref: ArtifactRef): Promise<boolean> {
    return (await this.#head(ref)) !== null;
  }

  /**
   * Deletes bytes that are not what their hash says: a put of the same content would take them for stored. All of them are read once more,
   * since another run that met the damage may have made them anew.
   *
   * @returns whether the store holds none any more
   */
  async discardDamaged(sha256: string): Promise<boolean> {
    if (await this.#isWhole(sha256)) return false;
    await this.#objects.delete([objectKey(sha256)]);
    await this.forgetLocal({ sha256 });
    return true;
  }

  /** Like {@link isIntact}, for whoever goes on to use it: an old artifact is made young, so that garbage collection leaves it. */
  async reuse(ref: ArtifactRef): Promise<boolean> {
    const head = await this.#head(ref);
    if (head === null) return false;
    return Date.now() - head.modifiedAt.getTime() < reuseAgeMs || keepFromCollection(this.#objects, ref.uri);
  }

  /** Whether the store has bytes with this hash. */
  async #isWhole(sha256: string): Promise<boolean> {
    const partial = `${this.#cachePath({ sha256 })}.${randomUUID()}.partial`;
    await mkdir(join(partial, ".."), { recursive: true });
    try {
      await this.#objects.getFile(objectKey(sha256), partial);
      return (await hashFile(partial)) === sha256;
    } catch (error) {
      if (error instanceof ObjectNotFound) return false;
      throw error;
    } finally {
      await rm(partial, { force: true });
    }
  }

  /** Null where it is missing, or of another size. */
  async #head(ref: ArtifactRef): Promise<ObjectHead | null> {
    try {
      const head = await this.#objects.head(ref.uri);
      return head.sizeBytes === ref.sizeBytes ? head : null;
    } catch (error) {
      if (error instanceof ObjectNotFound) return null;
      throw error;
    }
  }

  async #fetchBytes(ref: ArtifactRef, memory?: ReusedMemory): Promise<Uint8Array> {
    const file = this.#objects.fileOf(ref.uri);
    const found = file === null ? null : await readIfPresent(file, ref, memory);
    const bytes = found ?? (await this.#fetch(ref, () => this.#objects.get(ref.uri))).bytes;
    verify(ref, sha256Of(bytes), bytes.byteLength, this.#objects);
    return bytes;
  }

  /** Puts verified bytes into the local cache. */
  async #keep(ref: ArtifactRef, bytes: Uint8Array): Promise<void> {
    await this.#place(ref, async (partial) => {
      if (!(await this.#linkOwnFile(ref, partial))) await writeFile(partial, bytes);
    });
  }

  /** Puts a file into the local cache once it is whole. */
  async #place(ref: ArtifactRef, make: (partial: string) => Promise<void>): Promise<void> {
    const path = this.#cachePath(ref);
    await mkdir(join(path, ".."), { recursive: true });
    const partial = `${path}.${randomUUID()}.partial`;
    try {
      await make(partial);
      await rename(partial, path);
    } finally {
      await rm(partial, { force: true });
    }
  }

  /** @returns whether the object is a file on this machine */
  async #linkOwnFile(ref: ArtifactRef, path: string): Promise<boolean> {
    const file = this.#objects.fileOf(ref.uri);
    return file !== null && linkIfPresent(file, path);
  }

  async #fetch<T>(ref: ArtifactRef, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ObjectNotFound)) throw error;
      throw new ArtifactCorrupt(
        `Artifact is gone from ${this.#objects.describe()} [key=${ref.uri}, sizeBytes=${ref.sizeBytes}]; the stage that made it will run again`,
        ref.sha256,
        { cause: error },
      );
    }
  }

  #cachePath(ref: Pick<ArtifactRef, "sha256">): string {
    return join(this.#cacheFolder, ref.sha256.slice(0, 2), ref.sha256);
  }
}

/** The reference that bytes have in any store. */
export function refOf(bytes: Uint8Array, mediaType: string): ArtifactRef {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { uri: objectKey(sha256), sha256, sizeBytes: bytes.byteLength, mediaType };
}

/** A JSON value's bytes, as they are stored and hashed. */
export function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** The key of an artifact's bytes. */
export function objectKey(sha256: string): string {
  return `objects/${sha256.slice(0, 2)}/${sha256}`;
}

/** sha256 of a file, hex, streamed. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function verify(ref: ArtifactRef, sha256: string, sizeBytes: number, objects: ObjectStore): void {
  if (sha256 === ref.sha256) return;
  throw new ArtifactCorrupt(
    `Integrity check failed at ${objects.describe()} [key=${ref.uri}]: expected sha256:${ref.sha256} (${ref.sizeBytes} bytes), ` +
      `got sha256:${sha256} (${sizeBytes} bytes); the stage that made it will run again`,
    ref.sha256,
  );
}

/** Absent: somebody put the same content meanwhile. Present but of another size: a torn object, replaced. */
async function putOnce(put: Promise<unknown>, replace: () => Promise<unknown>): Promise<void> {
  try {
    await put;
  } catch (error) {
    if (!(error instanceof PreconditionFailed)) throw error;
    await replace();
  }
}

/** A file's bytes, of a longer one than expected one too many; null where it is absent. */
async function readIfPresent(
  path: string,
  { sizeBytes }: Pick<ArtifactRef, "sizeBytes">,
  memory?: ReusedMemory,
): Promise<Uint8Array | null> {
  const file = await openIfPresent(path);
  if (file === null) return null;
  const bytes = memory?.take(sizeBytes + 1) ?? Buffer.allocUnsafeSlow(sizeBytes + 1);
  try {
    let size = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, size, bytes.byteLength - size, size);
      size += bytesRead;
      if (bytesRead === 0 || size === bytes.byteLength) return bytes.subarray(0, size);
    }
  } finally {
    await file.close();
  }
}

async function openIfPresent(path: string): Promise<FileHandle | null> {
  try {
    return await open(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Where both are on one file system, the file gets a second name and takes no more room. @returns whether there was a file */
async function linkIfPresent(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to).catch((error: unknown) => {
      if (isMissing(error)) throw error;
      return copyFile(from, to);
    });
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function sizeIfPresent(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
