import { rm } from "node:fs/promises";
import { join } from "node:path";

import type { Erasure } from "../storage/erase-group.ts";
import { eraseGroup } from "../storage/erase-group.ts";
import type { Collected, CollectOptions } from "../storage/gc/collect.ts";
import { collectGarbage } from "../storage/gc/collect.ts";
import type { Usage } from "../storage/gc/usage.ts";
import { storeUsage } from "../storage/gc/usage.ts";
import type { Store } from "../storage/open-store.ts";
import type { PartCounts } from "./model-lineage.ts";
import { Models } from "./models.ts";

/** What was erased, and the models that had learned from it: by how many of its images in each part. */
export interface GroupErased extends Erasure {
  models: { name: string; version: number; parts: PartCounts }[];
}

/** What keeps a store in order. */
export class Housekeeping {
  readonly #store: Store;
  readonly #reportsFolder: string;

  /** @param reportsFolder where report pages are kept for browsers, a folder a run */
  constructor(store: Store, reportsFolder: string) {
    this.#store = store;
    this.#reportsFolder = reportsFolder;
  }

  /** @see collectGarbage */
  collect(options: CollectOptions): Promise<Collected> {
    return collectGarbage(this.#store, options);
  }

  /** @see storeUsage */
  usage(): Promise<Usage[]> {
    return storeUsage(this.#store);
  }

  /** @see eraseGroup */
  async erase(group: string, options: { dryRun: boolean }): Promise<GroupErased> {
    // Asked before: afterwards nobody can say any more.
    const { rows } = await new Models(this.#store).madeFrom(group);
    const erasure = await eraseGroup(this.#store, group, options);
    if (!options.dryRun)
      for (const runId of erasure.runs) await rm(join(this.#reportsFolder, runId), { recursive: true, force: true });
    return { ...erasure, models: rows.map(({ name, version, data }) => ({ name, version, parts: data.parts })) };
  }
}
