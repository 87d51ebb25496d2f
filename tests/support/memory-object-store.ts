import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";

import type { GetFileOptions, ListedObject, ObjectHead, ObjectStore, PutOptions } from "../../storage/object-store.ts";
import { ObjectNotFound, PreconditionFailed } from "../../storage/object-store.ts";

/** An object store in memory that keeps the port's promises; the contract suite runs against it as well. */
export class MemoryObjectStore implements ObjectStore {
  readonly objects = new Map<string, { bytes: Uint8Array; modifiedAt: Date }>();

  describe(): string {
    return "memory";
  }

  async put(key: string, bytes: Uint8Array, { condition }: PutOptions = {}): Promise<{ etag: string }> {
    const present = this.objects.get(key);
    if (condition && "ifAbsent" in condition && present) throw new PreconditionFailed(`present [key=${key}]`);
    if (condition && "ifMatch" in condition && (!present || etagOf(present.bytes) !== condition.ifMatch)) {
      throw new PreconditionFailed(`changed [key=${key}]`);
    }
    this.objects.set(key, { bytes: Uint8Array.from(bytes), modifiedAt: new Date() });
    return { etag: etagOf(bytes) };
  }

  async putFile(key: string, path: string): Promise<void> {
    await this.put(key, await readFile(path));
  }

  async get(key: string): Promise<{ bytes: Uint8Array; etag: string }> {
    const { bytes } = this.#find(key);
    return { bytes, etag: etagOf(bytes) };
  }

  async getFile(key: string, path: string, { ifMatch, have = 0 }: GetFileOptions = {}): Promise<void> {
    const { bytes } = this.#find(key);
    if (ifMatch !== undefined && etagOf(bytes) !== ifMatch) throw new PreconditionFailed(`changed [key=${key}]`);
    await writeFile(path, bytes.subarray(have), { flag: have === 0 ? "w" : "a" });
  }

  fileOf(_key: string): string | null {
    return null;
  }

  async head(key: string): Promise<ObjectHead> {
    const { bytes, modifiedAt } = this.#find(key);
    return { sizeBytes: bytes.byteLength, etag: etagOf(bytes), modifiedAt };
  }

  async touch(key: string): Promise<void> {
    this.#find(key).modifiedAt = new Date();
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    for (const key of this.objects.keys()) if (key.startsWith(prefix)) yield { key, ...(await this.head(key)) };
  }

  async listFolder(prefix: string): Promise<string[]> {
    const names = new Set<string>();
    for (const key of this.objects.keys()) {
      if (key.startsWith(prefix)) names.add(/^[^/]*\/?/.exec(key.slice(prefix.length))?.[0] ?? "");
    }
    return [...names];
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.objects.delete(key);
  }

  #find(key: string): { bytes: Uint8Array; modifiedAt: Date } {
    const found = this.objects.get(key);
    if (!found) throw new ObjectNotFound(`absent [key=${key}]`);
    return found;
  }
}

/** One in which somebody deletes objects after they were listed and before they are read. */
export class VanishingObjectStore extends MemoryObjectStore {
  isGone: (key: string) => boolean = () => false;

  override async get(key: string): Promise<{ bytes: Uint8Array; etag: string }> {
    if (this.isGone(key)) await this.delete([key]);
    return super.get(key);
  }
}

function etagOf(bytes: Uint8Array): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}
