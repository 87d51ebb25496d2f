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

  /** A run that goes on stores its record again with its next stage, so only the last one waits for the disk. */
  async put(record: RunRecord): Promise<void> {
    const mayBeLost = record.finishedAt === null;
    await putJson(this.#objects, `${runFolder(record.runId)}/run.json`, record, { mayBeLost });
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
