import type { SweepRecord } from "../ml/sweep-record/schema.ts";
import { sweepRecordSchema } from "../ml/sweep-record/schema.ts";
import { findJson, putJson } from "./json.ts";
import type { ObjectStore } from "./object-store.ts";

/** Sweep records: `sweeps/<sweep id>/sweep.json`. While a sweep runs, its workflow is the only writer. */
export class Sweeps {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  async put(record: SweepRecord): Promise<void> {
    await putJson(this.#objects, keyOf(record.sweepId), record);
  }

  async find(sweepId: string): Promise<SweepRecord | null> {
    return (await findJson(this.#objects, keyOf(sweepId), sweepRecordSchema))?.value ?? null;
  }

  /** Changes with the record. @throws {ObjectNotFound} */
  async etag(sweepId: string): Promise<string> {
    return (await this.#objects.head(keyOf(sweepId))).etag;
  }

  /** Ids of all sweeps, newest first: ids sort by time. */
  async ids(): Promise<string[]> {
    const folders = await this.#objects.listFolder("sweeps/");
    return folders.map((folder) => folder.replace(/\/$/, "")).toSorted((a, b) => (a < b ? 1 : -1));
  }
}

function keyOf(sweepId: string): string {
  return `sweeps/${sweepId}/sweep.json`;
}
