import type { Schedule, ScheduledRun } from "../ml/schedule/schema.ts";
import { scheduledRunSchema, scheduleSchema } from "../ml/schedule/schema.ts";
import { findJson, putJson } from "./json.ts";
import type { ObjectStore, PutCondition } from "./object-store.ts";

/** Schedules (`schedules/<name>.json`) and what they did (`schedules/<name>/…`). Temporal's own are made from these, on any cluster. */
export class ScheduleRecords {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** @throws {PreconditionFailed} where the condition does not hold any more */
  async put(schedule: Schedule, condition: PutCondition): Promise<void> {
    await putJson(this.#objects, keyOf(schedule.name), schedule, { condition });
  }

  async find(name: string): Promise<{ value: Schedule; etag: string } | null> {
    return findJson(this.#objects, keyOf(name), scheduleSchema);
  }

  async names(): Promise<string[]> {
    const listed = await this.#objects.listFolder("schedules/");
    return listed.flatMap((name) => (name.endsWith(".json") ? [name.replace(/\.json$/, "")] : [])).toSorted();
  }

  /** Deletes a schedule and what it noted; its runs stay. */
  async delete(name: string): Promise<void> {
    const noted = await this.#objects.listFolder(folderOf(name));
    await this.#objects.delete([keyOf(name), ...noted.map((file) => folderOf(name) + file)]);
  }

  /** A retry of the same run's note replaces it. */
  async note(run: ScheduledRun, attemptId: string): Promise<void> {
    await putJson(this.#objects, `${folderOf(run.schedule)}${run.scheduledAt}-${attemptId}.json`, run);
  }

  /** What a schedule did, newest nominal time first; nothing more where it is deleted meanwhile. */
  async *runs(name: string): AsyncIterable<ScheduledRun> {
    const files = (await this.#objects.listFolder(folderOf(name))).toSorted().toReversed();
    for (const file of files) {
      const run = await findJson(this.#objects, folderOf(name) + file, scheduledRunSchema);
      if (run) yield run.value;
    }
  }

  /** The newest that trained and was done before a time. */
  async lastTrained(name: string, before: string): Promise<ScheduledRun | null> {
    for await (const run of this.runs(name)) if (run.status === "done" && run.scheduledAt < before) return run;
    return null;
  }
}

function keyOf(name: string): string {
  return `schedules/${name}.json`;
}

function folderOf(name: string): string {
  return `schedules/${name}/`;
}
