import { createHash } from "node:crypto";

import type { CheckpointEntry, CheckpointManifest, CheckpointOwner } from "../ml/checkpoint/schema.ts";
import { checkpointManifestSchema } from "../ml/checkpoint/schema.ts";
import { StaleAttempt } from "../ml/errors.ts";
import type { Stage } from "../ml/stages.ts";
import type { Checkpoint } from "./checkpoint-bytes.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint-bytes.ts";
import { findJson, InvalidRecord, putJson } from "./json.ts";
import type { ObjectStore, PutCondition } from "./object-store.ts";
import { ObjectNotFound, PreconditionFailed } from "./object-store.ts";
import { recoverCheckpoints } from "./recover-checkpoints.ts";

/** Which checkpoint has the best weights so far: the one being stored, an earlier one, or none. */
export type BestKey = { own: true } | { own: false; key: string | null };

export interface CheckpointPlace {
  runId: string;
  stage: Stage;
}

/** A checkpoint that verified, and the one with the best weights that it goes by. */
export interface FoundCheckpoint {
  key: string;
  checkpoint: Checkpoint;
  /** Null where no epoch was the best yet, or none is kept; the checkpoint itself where it is the best. */
  best: { key: string; checkpoint: Checkpoint } | null;
}

/**
 * The checkpoints of one run's stage, held by one attempt. Bytes are written once, then the manifest moves by a conditional write that
 * names its owner: the fence. A stale attempt's write fails, and it deletes nothing, since only what its own manifest dropped is deleted.
 */
export class Checkpoints {
  readonly #objects: ObjectStore;
  readonly #folder: string;
  readonly #owner: CheckpointOwner;
  /** What counts from now on: without checkpoints that were passed over. */
  #manifest: CheckpointManifest;
  /** Keys the stored manifest lists. */
  #listed: readonly string[];
  #etag: string;

  private constructor(objects: ObjectStore, folder: string, { value, etag }: { value: CheckpointManifest; etag: string }) {
    this.#objects = objects;
    this.#folder = folder;
    this.#owner = value.owner;
    this.#manifest = value;
    this.#listed = keysOf(value);
    this.#etag = etag;
  }

  /**
   * Takes over the checkpoints for an attempt; from then on earlier ones cannot write.
   * @throws {StaleAttempt} if a later attempt holds them already
   */
  static async claim(objects: ObjectStore, place: CheckpointPlace, owner: CheckpointOwner): Promise<Checkpoints> {
    const folder = checkpointFolder(place);
    for (;;) {
      const found = await readManifest(objects, folder);
      if (found?.value && found.value.owner.scheduledAtMs > owner.scheduledAtMs) throw stale(owner, found.value.owner);
      const listed = found && (found.value?.checkpoints ?? (await recoverCheckpoints(objects, folder)));
      const manifest: CheckpointManifest = { formatVersion: 1, owner, checkpoints: listed ?? [] };
      try {
        const condition: PutCondition = found ? { ifMatch: found.etag } : { ifAbsent: true };
        const { etag } = await putJson(objects, `${folder}/manifest.json`, manifest, { condition });
        const checkpoints = new Checkpoints(objects, folder, { value: manifest, etag });
        await checkpoints.#deleteLeftovers();
        return checkpoints;
      } catch (error) {
        // Somebody moved it between reading and writing: an earlier attempt's last write, or a later attempt. Look again.
        if (!(error instanceof PreconditionFailed)) throw error;
      }
    }
  }

  /** Another run's checkpoints, to read only: its owner stays who it is. Null where there are none. */
  static async peek(objects: ObjectStore, place: CheckpointPlace): Promise<Pick<Checkpoints, "newest"> | null> {
    const folder = checkpointFolder(place);
    const found = await readManifest(objects, folder);
    if (!found?.value) return null;
    return new Checkpoints(objects, folder, { value: found.value, etag: found.etag });
  }

  /** Key of the newest listed checkpoint, whether it verifies or not. */
  get newestKey(): string | null {
    return this.#manifest.checkpoints.at(-1)?.key ?? null;
  }

  /**
   * The newest checkpoint of this work that verifies, best weights included; torn, missing and foreign ones are passed over and will be
   * dropped by the next {@link save}.
   *
   * @param onPassedOver told why, for the log
   */
  async newest(workHash: string, onPassedOver: (key: string, reason: string) => void): Promise<FoundCheckpoint | null> {
    const { checkpoints } = this.#manifest;
    for (let index = checkpoints.length - 1; index >= 0; index--) {
      const entry = checkpoints[index] as CheckpointEntry;
      const found = entry.workHash === workHash ? await this.#read(entry) : "is of other data or parameters";
      if (typeof found === "string") {
        onPassedOver(entry.key, found);
        continue;
      }
      this.#manifest = { ...this.#manifest, checkpoints: checkpoints.slice(0, index + 1) };
      return found;
    }
    this.#manifest = { ...this.#manifest, checkpoints: [] };
    return null;
  }

  /**
   * Stores a checkpoint, lists it, then deletes all but the newest `keep` and the best ones they go by.
   *
   * @param best the checkpoint with the best weights
   * @throws {StaleAttempt} if a later attempt has taken over
   */
  async save(checkpoint: Checkpoint, { keep, best }: { keep: number; best: BestKey }): Promise<string> {
    const { bytes, sha256 } = encodeCheckpoint(checkpoint);
    const { epoch, stepInEpoch, epochDone } = checkpoint.state;
    const key = `${this.#folder}/${this.#owner.attempt}-${epoch}-${stepInEpoch}-${sha256}`;
    const entry: CheckpointEntry = {
      key,
      sha256,
      sizeBytes: bytes.byteLength,
      workHash: checkpoint.workHash,
      epoch,
      stepInEpoch,
      epochDone,
      best: best.own ? key : best.key,
    };
    await this.#objects.put(key, bytes);
    const earlier = this.#manifest.checkpoints.filter((other) => other.key !== key);
    const before = this.#listed;
    await this.#move({ ...this.#manifest, checkpoints: retained([...earlier, entry], keep) });
    const dropped = before.filter((other) => !this.#listed.includes(other));
    if (dropped.length > 0) await this.#objects.delete(dropped);
    return key;
  }

  async #move(manifest: CheckpointManifest): Promise<void> {
    const key = `${this.#folder}/manifest.json`;
    try {
      this.#etag = (await putJson(this.#objects, key, manifest, { condition: { ifMatch: this.#etag } })).etag;
    } catch (error) {
      if (!(error instanceof PreconditionFailed || error instanceof ObjectNotFound)) throw error;
      // The answer may have been lost and the request repeated: then the manifest is what was asked for. Or somebody removed it, or an earlier
      // attempt's last write came late: it is ours all the same, as long as no later attempt has it.
      const found = await readManifest(this.#objects, this.#folder);
      const holder = found?.value?.owner;
      if (holder && !isSame(holder, this.#owner) && holder.scheduledAtMs >= this.#owner.scheduledAtMs)
        throw stale(this.#owner, holder, error);
      const condition: PutCondition = found ? { ifMatch: found.etag } : { ifAbsent: true };
      this.#etag = (await putJson(this.#objects, key, manifest, { condition })).etag;
    }
    this.#manifest = manifest;
    this.#listed = keysOf(manifest);
  }

  /** The checkpoint, or why it cannot be used. */
  async #read(entry: CheckpointEntry): Promise<FoundCheckpoint | string> {
    const checkpoint = await this.#readVerified(entry);
    if (typeof checkpoint === "string") return checkpoint;
    const own = { key: entry.key, checkpoint };
    if (entry.best === null) return { ...own, best: null };
    if (entry.best === entry.key) return { ...own, best: own };
    const bestEntry = this.#manifest.checkpoints.find(({ key }) => key === entry.best);
    const best = bestEntry ? await this.#readVerified(bestEntry) : "is not listed";
    return typeof best === "string"
      ? `needs its best epoch's checkpoint, which ${best}`
      : { ...own, best: { key: entry.best, checkpoint: best } };
  }

  async #readVerified({ key, sha256, sizeBytes }: CheckpointEntry): Promise<Checkpoint | string> {
    try {
      const { bytes } = await this.#objects.get(key);
      if (bytes.byteLength !== sizeBytes) return `has ${bytes.byteLength} bytes instead of ${sizeBytes}`;
      if (createHash("sha256").update(bytes).digest("hex") !== sha256) return "does not have the bytes it was stored with";
      return decodeCheckpoint(bytes);
    } catch (error) {
      if (error instanceof ObjectNotFound) return "is gone";
      throw error;
    }
  }

  /** Deletes bytes that attempts stored but were killed before they listed them. */
  async #deleteLeftovers(): Promise<void> {
    const names = await this.#objects.listFolder(`${this.#folder}/`);
    const keys = names
      // Not those of a later attempt: it may be writing while this one does not know yet that it is stale.
      .filter((name) => Number(/^(\d+)-\d+-\d+-[0-9a-f]{64}$/.exec(name)?.[1] ?? Infinity) <= this.#owner.attempt)
      .map((name) => `${this.#folder}/${name}`)
      .filter((key) => !this.#listed.includes(key));
    if (keys.length > 0) await this.#objects.delete(keys);
  }
}

/** The newest listed checkpoint of a stage; null before the first. */
export async function newestCheckpoint(objects: ObjectStore, place: CheckpointPlace): Promise<CheckpointEntry | null> {
  return (await readManifest(objects, checkpointFolder(place)))?.value?.checkpoints.at(-1) ?? null;
}

export function checkpointFolder({ runId, stage }: CheckpointPlace): string {
  return `checkpoints/${runId}/${stage}`;
}

/** Null where there is none; without a value where it is damaged. */
async function readManifest(
  objects: ObjectStore,
  folder: string,
): Promise<{ value: CheckpointManifest | null; etag: string } | null> {
  try {
    return await findManifest(objects, folder);
  } catch (error) {
    if (!(error instanceof InvalidRecord)) throw error;
    return { value: null, etag: (await objects.head(`${folder}/manifest.json`)).etag };
  }
}

function findManifest(objects: ObjectStore, folder: string) {
  return findJson(objects, `${folder}/manifest.json`, checkpointManifestSchema);
}

function keysOf({ checkpoints }: CheckpointManifest): string[] {
  return checkpoints.map(({ key }) => key);
}

function retained(entries: readonly CheckpointEntry[], keep: number): CheckpointEntry[] {
  const newest = entries.slice(-keep);
  const keys = new Set(newest.flatMap(({ key, best }) => (best === null ? [key] : [key, best])));
  return entries.filter(({ key }) => keys.has(key));
}

function isSame(a: CheckpointOwner, b: CheckpointOwner): boolean {
  return a.activityId === b.activityId && a.attempt === b.attempt && a.scheduledAtMs === b.scheduledAtMs;
}

function stale(own: CheckpointOwner, other: CheckpointOwner, cause?: unknown): StaleAttempt {
  return new StaleAttempt(
    `Attempt ${own.attempt} of activity ${own.activityId} no longer holds the checkpoints: taken over by attempt ${other.attempt} of ` +
      `activity ${other.activityId}; it stops writing`,
    { cause },
  );
}
