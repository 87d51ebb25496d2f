import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { findJson, putJson } from "../json.ts";
import type { ObjectStore } from "../object-store.ts";
import { ObjectNotFound, PreconditionFailed } from "../object-store.ts";

/** Objects older than this are made young when they are used again: collection leaves what is younger than a week. */
export const reuseAgeMs = 3 * 24 * 3_600_000;

/** A collection that died stops keeping others waiting after so long. */
const fenceLastsMs = 10 * 60_000;
const lookAgainMs = 500;

const fenceKey = "gc/deleting.json";
const fenceSchema = z.strictObject({ formatVersion: z.literal(1), until: z.string() });

/** Thrown when another collection is deleting: two at once would trust each other's listings. */
export class CollectionRunning extends Error {
  override name = "CollectionRunning";
}

/**
 * Saves an old object that is about to be used again from a collection that may have marked it: makes it young, and where objects are being
 * deleted at this moment, waits until that is over. The collection raises its fence before it looks at ages, so either it sees the young
 * object, or we see the fence.
 *
 * @returns whether the object still stands
 */
export async function keepFromCollection(objects: ObjectStore, key: string): Promise<boolean> {
  try {
    await objects.touch(key);
    while ((await standingFence(objects)) !== null) await sleep(lookAgainMs);
    await objects.head(key);
    return true;
  } catch (error) {
    if (error instanceof ObjectNotFound) return false;
    throw error;
  }
}

/** Stands while a collection deletes; whoever uses an old object again waits for it. */
export class CollectionFence {
  readonly #objects: ObjectStore;
  #etag: string;

  private constructor(objects: ObjectStore, etag: string) {
    this.#objects = objects;
    this.#etag = etag;
  }

  /** @throws {CollectionRunning} while another one stands */
  static async raise(objects: ObjectStore): Promise<CollectionFence> {
    const present = await findJson(objects, fenceKey, fenceSchema);
    if (present && !isOver(present.value))
      throw new CollectionRunning(`Another collection is deleting; its fence stands until ${present.value.until}`);
    const condition = present ? { ifMatch: present.etag } : { ifAbsent: true as const };
    try {
      return new CollectionFence(objects, (await putJson(objects, fenceKey, fence(), { condition })).etag);
    } catch (error) {
      if (error instanceof PreconditionFailed)
        throw new CollectionRunning("Another collection has begun to delete", { cause: error });
      throw error;
    }
  }

  /** Before each batch: nothing is deleted without a fence. @throws {PreconditionFailed} where it fell, having been away too long */
  async renew(): Promise<void> {
    this.#etag = (await putJson(this.#objects, fenceKey, fence(), { condition: { ifMatch: this.#etag } })).etag;
  }

  async lower(): Promise<void> {
    await this.#objects.delete([fenceKey]);
  }
}

async function standingFence(objects: ObjectStore): Promise<string | null> {
  const found = await findJson(objects, fenceKey, fenceSchema);
  return found && !isOver(found.value) ? found.value.until : null;
}

function fence(): z.infer<typeof fenceSchema> {
  return { formatVersion: 1, until: new Date(Date.now() + fenceLastsMs).toISOString() };
}

function isOver({ until }: z.infer<typeof fenceSchema>): boolean {
  return Date.parse(until) < Date.now();
}
