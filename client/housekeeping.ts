import type { Collected, CollectOptions } from "../storage/gc/collect.ts";
import { collectGarbage } from "../storage/gc/collect.ts";
import type { Usage } from "../storage/gc/usage.ts";
import { storeUsage } from "../storage/gc/usage.ts";
import type { Store } from "../storage/open-store.ts";

/** What keeps a store in order. */
export class Housekeeping {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** @see collectGarbage */
  collect(options: CollectOptions): Promise<Collected> {
    return collectGarbage(this.#store, options);
  }

  /** @see storeUsage */
  usage(): Promise<Usage[]> {
    return storeUsage(this.#store);
  }
}
