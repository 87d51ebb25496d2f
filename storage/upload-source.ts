import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import type { SourceFile } from "../ml/ingest/schema.ts";
import type { StageProgress } from "../ml/run/schema.ts";
import { hashFile } from "./artifact-store.ts";
import type { Store } from "./open-store.ts";
import type { LocalFile, ResolvedSource } from "./resolve-source.ts";

const parallelUploads = 8;

/** sha256 by absolute path, valid while size and time are unchanged. */
type KnownHashes = Record<string, { sizeBytes: number; modifiedMs: number; sha256: string }>;

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
  const knownFile = join(cacheFolder, `source-hashes-${store.id}.json`);
  const known = await readKnown(knownFile);
  const uploaded: SourceFile[] = [];
  const waiting = [...source.local];
  const totalBytes = waiting.reduce((sum, file) => sum + file.sizeBytes, 0);
  let doneBytes = 0;
  const work = async () => {
    for (let file = waiting.pop(); file; file = waiting.pop()) {
      uploaded.push(await uploadFile(file, store, known));
      doneBytes += file.sizeBytes;
      onProgress({ done: doneBytes, total: totalBytes, unit: "bytes" });
    }
  };
  await Promise.all(Array.from({ length: parallelUploads }, work));
  if (source.local.length > 0) await writeKnown(knownFile, known);
  const files = [...uploaded, ...source.remote].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return store.artifacts.putJson({ formatVersion: 1, files });
}

async function uploadFile(file: LocalFile, store: Store, known: KnownHashes): Promise<SourceFile> {
  const before = known[file.absolutePath];
  const unchanged = before?.sizeBytes === file.sizeBytes && before.modifiedMs === file.modifiedMs;
  const sha256 = unchanged ? before.sha256 : await hashFile(file.absolutePath);
  const ref = await store.artifacts.putFile(file.absolutePath, mediaTypes.bytes, sha256);
  Object.assign(known, { [file.absolutePath]: { sizeBytes: file.sizeBytes, modifiedMs: file.modifiedMs, sha256 } });
  return { path: file.path, sizeBytes: file.sizeBytes, sha256, uri: ref.uri };
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
