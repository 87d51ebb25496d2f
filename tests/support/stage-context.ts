import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { StageContext } from "../../activities/stage.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
import { mediaTypes } from "../../ml/artifact.ts";
import { ArtifactStore } from "../../storage/artifact-store.ts";
import { MemoryObjectStore } from "./memory-object-store.ts";

export interface TestStage extends StageContext {
  logged: { level: string; message: string }[];
  /** Deletes scratch folder and cache. */
  close(): Promise<void>;
}

/** What a stage may use of the world, on a store in memory: stages run in tests as they do in workers. */
export async function testStage(): Promise<TestStage> {
  const folder = await mkdtemp(join(tmpdir(), "convoy-stage-"));
  const scratchFolder = await mkdtemp(join(folder, "scratch-"));
  const logged: TestStage["logged"] = [];
  const note = (level: string) => (_fields: object, message: string) => void logged.push({ level, message });
  return {
    runId: "test",
    attempt: 1,
    attemptsBefore: 0,
    continues: [],
    artifacts: new ArtifactStore(new MemoryObjectStore(), join(folder, "cache")),
    openBucket: (bucket) => {
      throw new Error(`No test bucket ${bucket}`);
    },
    log: { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") },
    signal: new AbortController().signal,
    scratchFolder,
    progress: () => {},
    report: () => {},
    logged,
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Stores files as the client does and returns the manifest's reference. */
export async function storeSource(artifacts: ArtifactStore, files: Record<string, Uint8Array>): Promise<ArtifactRef> {
  const listed = [];
  for (const [path, bytes] of Object.entries(files)) {
    const { uri, sha256, sizeBytes } = await artifacts.put(bytes, mediaTypes.bytes);
    listed.push({ path, sizeBytes, sha256, uri });
  }
  return artifacts.putJson({ formatVersion: 1, files: listed });
}
