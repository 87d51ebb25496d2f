import type { RunRecord } from "../ml/run/schema.ts";
import { runRecordSchema } from "../ml/run/schema.ts";
import { findJson, putJson } from "./json.ts";
import type { ObjectStore } from "./object-store.ts";

/** Run records: `runs/<run id>/run.json`. The workflow is the only writer while it lives. */
export class RunRecords {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  async put(record: RunRecord): Promise<void> {
    await putJson(this.#objects, `${runFolder(record.runId)}/run.json`, record);
  }

  async find(runId: string): Promise<RunRecord | null> {
    return (await findJson(this.#objects, `${runFolder(runId)}/run.json`, runRecordSchema))?.value ?? null;
  }

  /** Ids of all runs, newest first: ids sort by time. */
  async ids(): Promise<string[]> {
    const folders = await this.#objects.listFolder("runs/");
    return folders.map((folder) => folder.replace(/\/$/, "")).toSorted((a, b) => (a < b ? 1 : -1));
  }
}

export function runFolder(runId: string): string {
  return `runs/${runId}`;
}

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * A run id: sorts by time, twelve characters, no letters that read alike (Crockford's base 32): eight of seconds since 2020 with
 * a 1/32 s digit, four of chance.
 */
export function newRunId(nowMs: number, random: () => number): string {
  let ticks = Math.floor(((nowMs - Date.UTC(2020, 0, 1)) * 32) / 1000);
  let id = "";
  for (let i = 0; i < 8; i++) {
    id = alphabet[ticks % 32] + id;
    ticks = Math.floor(ticks / 32);
  }
  for (let i = 0; i < 4; i++) id += alphabet[Math.floor(random() * 32)];
  return id;
}
