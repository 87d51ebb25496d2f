import { rm } from "node:fs/promises";
import { join } from "node:path";

import { readEnvironment } from "../../environment.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
import { openStack } from "../../bench/open-stack.ts";
import type { Store } from "../../storage/open-store.ts";

let opened: (Store & { secret: string }) | undefined;

/** The store of the stack that all end-to-end tests share, opened as any client would. */
export async function openSharedStore() {
  if (!opened) {
    const { store, environment } = await openStack();
    opened = { ...store, secret: environment.AWS_SECRET_ACCESS_KEY as string };
  }
  const { cacheFolder } = readEnvironment();
  return {
    ...opened,
    artifacts: {
      /** Forgets the local copy, so that the next read comes from the store. */
      dropLocal: (ref: Pick<ArtifactRef, "sha256">) =>
        rm(join(cacheFolder, "artifacts", ref.sha256.slice(0, 2), ref.sha256), { force: true }),
    },
  };
}
