import { tmpdir } from "node:os";
import { join } from "node:path";

import { ArtifactStore } from "../../storage/artifact-store.ts";
import { Ledger } from "../../storage/ledger.ts";
import type { Store } from "../../storage/open-store.ts";
import { RunRecords } from "../../storage/run-records.ts";
import { Sweeps } from "../../storage/sweeps.ts";
import { MemoryObjectStore } from "./memory-object-store.ts";

/** A store in memory; only what is asked for as a file goes to the cache folder. */
export function memoryStore(
  cacheFolder = join(tmpdir(), "convoy-memory-store"),
  objects = new MemoryObjectStore(),
): Store & { objects: MemoryObjectStore } {
  const artifacts = new ArtifactStore(objects, cacheFolder);
  return {
    id: "test",
    objects,
    artifacts,
    ledger: new Ledger(objects, artifacts),
    runs: new RunRecords(objects),
    sweeps: new Sweeps(objects),
    openBucket: () => new MemoryObjectStore(),
    close: () => {},
  };
}
