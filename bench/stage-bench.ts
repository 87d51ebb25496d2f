import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { StageContext } from "../activities/stage.ts";
import type { S3Settings } from "../storage/s3-object-store.ts";
import type { Store } from "../storage/open-store.ts";
import { openStore } from "../storage/open-store.ts";
import { startS3Server } from "./own-servers.ts";

/** What a stage needs to be measured by itself: a real S3 server, embedded as `convoy up` embeds it, and a context that says nothing. */
export interface StageBench {
  store: Store;
  settings: S3Settings;
  /** A folder that is deleted with the rest. */
  folder: string;
  /** The store's copies on this machine. */
  cacheFolder: string;
  context: StageContext;
  close(): Promise<void>;
}

export async function openStageBench(): Promise<StageBench> {
  const server = await startS3Server();
  const folder = await mkdtemp(join(tmpdir(), "convoy-bench-"));
  const settings = { ...server.settings, embeddedFolder: server.bucketsFolder };
  const cacheFolder = join(folder, "cache");
  const store = await openStore(settings, cacheFolder);
  return {
    store,
    settings,
    folder,
    cacheFolder,
    context: await quietContext(store, folder),
    close: async () => {
      store.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A context of its own scratch folder, for one attempt at some work. */
export async function quietContext(store: Store, folder: string): Promise<StageContext> {
  const silent = () => undefined;
  return {
    runId: "bench",
    attempt: 1,
    attemptsBefore: 0,
    continues: [],
    artifacts: store.artifacts,
    openBucket: () => store.objects,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    signal: new AbortController().signal,
    scratchFolder: await mkdtemp(join(folder, "scratch-")),
    progress: silent,
    report: silent,
  };
}
