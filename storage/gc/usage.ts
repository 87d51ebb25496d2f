import type { Store } from "../open-store.ts";
import type { Amount } from "./collect.ts";
import { liveSet } from "./roots.ts";

/** How much a kind of thing takes. */
export interface Usage extends Amount {
  /** A stage, for what it handed on; `sources`, `builds`; a folder of the store; or `unused`: what nothing refers to. */
  what: string;
}

/** How much the store holds, by what it is for; an object that several things refer to counts once. Largest first. */
export async function storeUsage({ objects, artifacts }: Store): Promise<Usage[]> {
  const amounts = new Map<string, Amount>();
  const add = (what: string, sizeBytes: number) => {
    const amount = amounts.get(what) ?? { objects: 0, bytes: 0 };
    amounts.set(what, { objects: amount.objects + 1, bytes: amount.bytes + sizeBytes });
  };
  const listed = new Map<string, { sizeBytes: number }>();
  for await (const { key, sizeBytes } of objects.list("objects/")) listed.set(key, { sizeBytes });
  const live = await liveSet(objects, artifacts, () => false, listed);
  for (const [key, { sizeBytes }] of listed) add(live.objects.get(key) ?? "unused", sizeBytes);
  for (const folder of await objects.listFolder("")) {
    if (folder === "objects/") continue;
    if (folder.endsWith("/")) for await (const { sizeBytes } of objects.list(folder)) add(folder, sizeBytes);
  }
  return [...amounts].map(([what, amount]) => ({ what, ...amount })).toSorted((a, b) => b.bytes - a.bytes);
}
