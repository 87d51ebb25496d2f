import { runFolder } from "./run-records.ts";
import type { ObjectStore } from "./object-store.ts";

/** How often lines reach storage while a stage runs. */
const flushEveryMs = 5_000;

/**
 * The log of one attempt at one stage: NDJSON lines, stored as small numbered files under
 * `runs/<run id>/logs/<stage>/<attempt>[-part-<part>]/<seq>.ndjson`, flushed every 5 s and at the end.
 */
export class AttemptLog {
  readonly #objects: ObjectStore;
  readonly #folder: string;
  readonly #timer: NodeJS.Timeout;
  #lines: string[] = [];
  #sequence = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(objects: ObjectStore, attempt: { runId: string; stage: string; attempt: number; part?: string }) {
    this.#objects = objects;
    const { runId, stage, part } = attempt;
    const name = String(attempt.attempt).padStart(4, "0");
    this.#folder = `${runFolder(runId)}/logs/${stage}/${name}${part === undefined ? "" : `-part-${part.padStart(4, "0")}`}`;
    this.#timer = setInterval(() => void this.flush(), flushEveryMs);
    this.#timer.unref();
  }

  /** Takes one line without its newline. */
  write(line: string): void {
    this.#lines.push(line);
  }

  /** Stores what has come so far. While storage is away lines wait in memory: a log never fails its stage. */
  async flush(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const lines = this.#lines;
      if (lines.length === 0) return;
      this.#lines = [];
      const key = `${this.#folder}/${String(this.#sequence).padStart(6, "0")}.ndjson`;
      try {
        await this.#objects.put(key, Buffer.from(`${lines.join("\n")}\n`), {
          mediaType: "application/x-ndjson",
          mayBeLost: true,
        });
        this.#sequence++;
      } catch {
        // Storage is away: keep the lines for the next flush. The stage itself meets the same outage and reports it.
        this.#lines = [...lines, ...this.#lines].slice(-10_000);
      }
    });
    await this.#writing;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}

/** Keys of a run's log files in reading order: by stage, attempt, sequence. */
export async function logKeys(objects: ObjectStore, runId: string, stage?: string): Promise<string[]> {
  const prefix = stage === undefined ? `${runFolder(runId)}/logs/` : `${runFolder(runId)}/logs/${stage}/`;
  const keys: string[] = [];
  for await (const { key } of objects.list(prefix)) keys.push(key);
  return keys.toSorted();
}
