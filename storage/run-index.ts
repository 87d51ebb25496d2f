import { runRow } from "../ml/run/run-row.ts";
import type { RunRecord, RunRow } from "../ml/run/schema.ts";
import { runIndexSchema } from "../ml/run/schema.ts";
import { findJson, putJson } from "./json.ts";
import type { ObjectStore } from "./object-store.ts";
import { PreconditionFailed } from "./object-store.ts";

/** Run ids begin with their time: so many characters of it are a period of twelve days. */
const periodLength = 3;

/** Records read at the same time. */
const parallelReads = 16;

/** A period's rows are stored once this many of them were read from their records. */
const worthStoring = 16;

/**
 * Rows of runs. Those that ended are kept by period in `runs-index/`, many to an object, so that a search reads a few objects and not
 * every record. The index is only a copy: whatever it lacks is read from the records, and added on the way.
 */
export class RunIndex {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /**
   * Rows of these runs, in their order; of those that have no record, or none any more, there is none.
   * @param ids newest first
   * @param view reads one run's record as it stands now
   */
  async *rows(ids: readonly string[], view: (runId: string) => Promise<RunRecord | null>): AsyncIterable<RunRow> {
    for (const [period, members] of periods(ids)) {
      const stored = await findJson(this.#objects, key(period), runIndexSchema);
      const known = new Map(stored?.value.rows.map((row) => [row.runId, row]));
      const added: RunRow[] = [];
      for (let start = 0; start < members.length; start += parallelReads) {
        const rows = members.slice(start, start + parallelReads).map(async (runId) => {
          const indexed = known.get(runId);
          if (indexed) return indexed;
          const record = await view(runId);
          const row = record && runRow(record);
          if (row && row.finishedAt !== null) added.push(row);
          return row;
        });
        yield* (await Promise.all(rows)).filter((row) => row !== null);
      }
      // A caller that has enough stops before; whoever reads a whole period leaves it indexed.
      if (added.length >= worthStoring) await this.#store(period, stored?.etag ?? null, [...known.values(), ...added], members);
    }
  }

  async #store(period: string, etag: string | null, rows: readonly RunRow[], members: readonly string[]): Promise<void> {
    const present = new Set(members);
    const kept = rows.filter(({ runId }) => present.has(runId)).toSorted((a, b) => (a.runId < b.runId ? -1 : 1));
    const condition = etag === null ? { ifAbsent: true as const } : { ifMatch: etag };
    try {
      await putJson(this.#objects, key(period), { formatVersion: 1, rows: kept }, { condition, mayBeLost: true });
    } catch (error) {
      if (!(error instanceof PreconditionFailed)) throw error; // somebody else indexed it meanwhile; next time adds what is missing
    }
  }
}

function periods(ids: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const id of ids) {
    const period = id.slice(0, periodLength);
    const members = found.get(period);
    if (members) members.push(id);
    else found.set(period, [id]);
  }
  return found;
}

function key(period: string): string {
  return `runs-index/${period}.json`;
}
