import { mkdir, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";

import { InvalidConfiguration, InvalidData } from "../ml/errors.ts";
import { isJunkPath } from "../ml/ingest/image-paths.ts";
import type { ListedObject, ObjectStore } from "../storage/object-store.ts";
import { ObjectNotFound } from "../storage/object-store.ts";
import { listLocal } from "../storage/resolve-source.ts";

/** One file that predictions are asked for, here or in a bucket. */
export interface ListedFile {
  /** As it was asked for: the path given, with what is below it. */
  path: string;
  sizeBytes: number;
  /** A local copy; fetched on first use. */
  localPath(): Promise<string>;
  /** Whether it was named itself, and not only found in a folder. */
  isNamed: boolean;
}

export interface ListOptions {
  /** Relative paths start there. */
  folder: string;
  /** What is fetched goes there. */
  scratchFolder: string;
  /** Opens a bucket other than the store's, with the store's endpoint and keys. */
  openBucket: (bucket: string) => ObjectStore;
}

/**
 * The files that some paths stand for, sorted within each: files, folders, `s3://bucket/key` and `s3://bucket/prefix/`; of what is in folders none
 * that is hidden there.
 * @throws {InvalidData} where one holds nothing
 */
export async function listFiles(paths: readonly string[], options: ListOptions): Promise<ListedFile[]> {
  const listed: ListedFile[] = [];
  for (const path of paths) {
    const files = path.startsWith("s3://") ? await listBucket(path, options) : await listFolder(path, options.folder);
    for (const file of files) listed.push(file);
  }
  return listed;
}

async function listFolder(path: string, folder: string): Promise<ListedFile[]> {
  if (/^[a-z]+:\/\//.test(path)) {
    throw new InvalidConfiguration(
      `${path}: images are read from files, folders, archives and s3://bucket/prefix; download it first`,
    );
  }
  const found = await stat(resolve(folder, path)).catch((cause: unknown) => {
    const where = isAbsolute(path) ? "" : ` (looked for ${resolve(folder, path)})`;
    throw new InvalidConfiguration(`${path} does not exist${where}`, { cause });
  });
  const isNamed = found.isFile();
  return (await listLocal(path, folder)).map((file) => ({
    path: isNamed ? path : `${path.replace(/\/$/, "")}/${file.path}`,
    sizeBytes: file.sizeBytes,
    localPath: async () => file.absolutePath,
    isNamed,
  }));
}

async function listBucket(address: string, options: ListOptions): Promise<ListedFile[]> {
  const [, bucket = "", key = ""] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(address) ?? [];
  if (bucket === "") throw new InvalidConfiguration(`${address}: expected s3://bucket/key or s3://bucket/prefix/`);
  const objects = options.openBucket(bucket);
  const found: ListedFile[] = [];
  for (const object of await listObjects(objects, { bucket, key })) {
    if (!isBelow(object.key, key)) continue;
    const target = join(options.scratchFolder, `object-${found.length}`, object.key.split("/").at(-1) ?? "object");
    found.push({
      path: `s3://${bucket}/${object.key}`,
      sizeBytes: object.sizeBytes,
      localPath: once(async () => {
        await mkdir(dirname(target), { recursive: true });
        await objects.getFile(object.key, target);
        return target;
      }),
      isNamed: object.key === key,
    });
  }
  if (found.length === 0) throw new InvalidData(`${address} holds no objects at ${objects.describe()}`);
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** @throws {InvalidConfiguration} where there is no such bucket */
async function listObjects(objects: ObjectStore, { bucket, key }: { bucket: string; key: string }): Promise<ListedObject[]> {
  const found: ListedObject[] = [];
  try {
    for await (const object of objects.list(key)) found.push(object);
  } catch (cause) {
    if (!(cause instanceof ObjectNotFound)) throw cause;
    throw new InvalidConfiguration(`There is no bucket ${bucket} at ${objects.describe()}`, { cause });
  }
  return found;
}

/** A prefix ends at a slash: `scans` is not `scans-old`. Keys that end in one stand for folders; what is hidden below is not meant. */
function isBelow(key: string, prefix: string): boolean {
  if (key.endsWith("/")) return false;
  if (key === prefix) return true;
  const folder = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  return key.startsWith(folder) && !isJunkPath(key.slice(folder.length));
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}
