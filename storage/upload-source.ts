import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import type { SourceFile } from "../ml/ingest/schema.ts";
import type { StageProgress } from "../ml/run/schema.ts";
import { hashFile, jsonBytes, objectKey, refOf } from "./artifact-store.ts";
import type { Store } from "./open-store.ts";
import type { LocalFile, ResolvedSource } from "./resolve-source.ts";

const parallelUploads = 8;

/** sha256 by absolute path, valid while size and time are unchanged. */
type KnownHashes = Record<string, { sizeBytes: number; modifiedMs: number; sha256: string }>;

interface HashingOptions {
  /** Hashes are remembered for each store. */
  storeId: string;
  cacheFolder: string;
  onProgress: (progress: StageProgress) => void;
}

/**
 * Brings local files into the store by content hash and returns the manifest's reference: ingest's input. Resumable: what is there is
 * not sent again; files with unchanged size and time are not even read again.
 */
export async function uploadSource(
  source: ResolvedSource,
  store: Store,
  cacheFolder: string,
  onProgress: (progress: StageProgress) => void,
): Promise<ArtifactRef> {
  const files = await listFiles(source, { storeId: store.id, cacheFolder, onProgress }, async (file, sha256) => {
    await store.artifacts.putFile(file.absolutePath, mediaTypes.bytes, sha256);
  });
  return store.artifacts.putJson({ formatVersion: 1, files });
}

/** The reference that {@link uploadSource} would return; stores nothing. */
export async function manifestOf(source: ResolvedSource, options: HashingOptions): Promise<ArtifactRef> {
  return refOf(jsonBytes({ formatVersion: 1, files: await listFiles(source, options, async () => {}) }), mediaTypes.json);
}

/** All files with their hashes, sorted; each local one is handed to `upload`. */
async function listFiles(
  { local, remote }: ResolvedSource,
  { storeId, cacheFolder, onProgress }: HashingOptions,
  upload: (file: LocalFile, sha256: string) => Promise<void>,
): Promise<SourceFile[]> {
  const knownFile = join(cacheFolder, `source-hashes-${storeId}.json`);
  const known = await readKnown(knownFile);
  const listed: SourceFile[] = [];
  const waiting = [...local];
  const totalBytes = waiting.reduce((sum, file) => sum + file.sizeBytes, 0);
  let doneBytes = 0;
  const work = async () => {
    for (let file = waiting.pop(); file; file = waiting.pop()) {
      const { path, sizeBytes } = file;
      const sha256 = await hashOnce(file, known);
      await upload(file, sha256);
      listed.push({ path, sizeBytes, sha256, uri: objectKey(sha256) });
      doneBytes += sizeBytes;
      onProgress({ done: doneBytes, total: totalBytes, unit: "bytes" });
    }
  };
  await Promise.all(Array.from({ length: parallelUploads }, work));
  if (local.length > 0) await writeKnown(knownFile, known);
  return [...listed, ...remote].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function hashOnce({ absolutePath, sizeBytes, modifiedMs }: LocalFile, known: KnownHashes): Promise<string> {
  const before = known[absolutePath];
  const unchanged = before?.sizeBytes === sizeBytes && before.modifiedMs === modifiedMs;
  const sha256 = unchanged ? before.sha256 : await hashFile(absolutePath);
  Object.assign(known, { [absolutePath]: { sizeBytes, modifiedMs, sha256 } });
  return sha256;
}

/** Only a cache: where it is absent or damaged, files are read again. */
async function readKnown(path: string): Promise<KnownHashes> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as KnownHashes;
  } catch {
    return {};
  }
}

async function writeKnown(path: string, known: KnownHashes): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  await writeFile(partial, JSON.stringify(known));
  await rename(partial, path);
}
