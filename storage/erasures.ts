import { randomBytes } from "node:crypto";

import { z } from "zod";

import type { ArtifactStore } from "./artifact-store.ts";
import { getJson, putJson } from "./json.ts";
import type { ObjectStore } from "./object-store.ts";

const folder = "erasures/";

/** `erasures/<time>-<chance>.json`: what was erased, by the hashes of its bytes; nothing in it says of whom. */
const erasureSchema = z.strictObject({
  formatVersion: z.literal(1),
  erasedAt: z.string(),
  sha256: z.array(z.string().regex(/^[0-9a-f]{64}$/)),
});

export async function recordErasure(objects: ObjectStore, sha256: readonly string[]): Promise<void> {
  const erasedAt = new Date().toISOString();
  const name = `${erasedAt.replaceAll(/[:.]/g, "-")}-${randomBytes(4).toString("hex")}`;
  await putJson(objects, `${folder}${name}.json`, { formatVersion: 1, erasedAt, sha256 }, { condition: { ifAbsent: true } });
}

/** Deletes what was erased, here or elsewhere, from this machine's cache. Content that came back since is fetched again when it is read. */
export async function forgetErased(objects: ObjectStore, artifacts: ArtifactStore): Promise<void> {
  for (const name of await objects.listFolder(folder)) {
    const { value } = await getJson(objects, `${folder}${name}`, erasureSchema);
    for (const sha256 of value.sha256) await artifacts.forgetLocal({ sha256 });
  }
}
