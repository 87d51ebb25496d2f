import type { RunNotes } from "../ml/run/schema.ts";
import { runNotesSchema } from "../ml/run/schema.ts";
import { findJson, putJson } from "./json.ts";
import type { ObjectStore } from "./object-store.ts";
import { PreconditionFailed } from "./object-store.ts";

const folder = "run-notes";

/** Tags and a note of each run: what people say of it, apart from the record of what it did. */
export class RunNotesStore {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  async of(runId: string): Promise<RunNotes> {
    return (await findJson(this.#objects, key(runId), runNotesSchema))?.value ?? noNotes;
  }

  /** Of every run that somebody said something of, by run id. */
  async all(): Promise<Map<string, RunNotes>> {
    const files = await this.#objects.listFolder(`${folder}/`);
    const ids = files.map((file) => file.replace(/\.json$/, ""));
    return new Map(await Promise.all(ids.map(async (runId) => [runId, await this.of(runId)] as const)));
  }

  /** Changes what is said; two people at once both have their say. */
  async change(runId: string, change: (notes: RunNotes) => RunNotes): Promise<RunNotes> {
    for (;;) {
      const found = await findJson(this.#objects, key(runId), runNotesSchema);
      const changed = change(found?.value ?? noNotes);
      try {
        await putJson(this.#objects, key(runId), changed, { condition: found ? { ifMatch: found.etag } : { ifAbsent: true } });
        return changed;
      } catch (error) {
        if (!(error instanceof PreconditionFailed)) throw error; // somebody else was first: say it again, over theirs
      }
    }
  }
}

const noNotes: RunNotes = { formatVersion: 1, tags: {}, note: "" };

function key(runId: string): string {
  return `${folder}/${runId}.json`;
}
