import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { StoredModule } from "../../ml/module/schema.ts";
import type { ArtifactStore } from "../../storage/artifact-store.ts";
import { bundleModule } from "../../storage/bundle-module.ts";

/** Brings a module's source into the store, as starting a run does with the file that a pipeline names. */
export async function storeModule(source: string, artifacts: ArtifactStore): Promise<StoredModule> {
  const folder = await mkdtemp(join(tmpdir(), "convoy-module-"));
  try {
    await writeFile(join(folder, "own.ts"), source);
    return { file: "./own.ts", code: await artifacts.put(await bundleModule("./own.ts", folder), "text/javascript") };
  } finally {
    await rm(folder, { recursive: true });
  }
}
