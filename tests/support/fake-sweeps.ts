import type { StartSweepOptions } from "../../client/sweeps.ts";
import type { Convoy } from "../../client/types.ts";
import { UnknownRun } from "../../client/types.ts";
import type { SweepRecord } from "../../ml/sweep-record/schema.ts";

/** Plays a list of records instead of asking servers. */
export class FakeSweeps implements Pick<Convoy["sweeps"], keyof Convoy["sweeps"]> {
  readonly records: SweepRecord[];
  readonly started: StartSweepOptions[] = [];
  readonly stopped: string[] = [];
  readonly changes: object[] = [];

  constructor(records: SweepRecord[]) {
    this.records = records;
  }

  async start(options: StartSweepOptions): Promise<{ sweepId: string }> {
    this.started.push(options);
    return { sweepId: this.#last().sweepId };
  }

  async view(sweepId: string): Promise<SweepRecord> {
    await this.resolveId(sweepId);
    return this.#last();
  }

  async *watch(): AsyncIterable<SweepRecord> {
    yield* this.records;
  }

  async list(limit: number): Promise<SweepRecord[]> {
    return this.records.slice(-1).slice(0, limit);
  }

  async resolveId(prefix: string): Promise<string> {
    const { sweepId } = this.#last();
    if (prefix === "latest" || sweepId.startsWith(prefix)) return sweepId;
    throw new UnknownRun(`No sweep's id begins with "${prefix}"`);
  }

  async stop(sweepId: string): Promise<SweepRecord> {
    this.stopped.push(sweepId);
    return this.#last();
  }

  async change(_sweepId: string, change: object): Promise<SweepRecord> {
    this.changes.push(change);
    return this.#last();
  }

  async resume(_sweepId: string, change: object = {}): Promise<void> {
    this.changes.push(change);
  }

  async curves(): Promise<{ number: number; points: [number, number][] }[]> {
    return [];
  }

  async report(): Promise<string> {
    return "/cache/reports/06fhntezss3y/sweep.html";
  }

  #last(): SweepRecord {
    const last = this.records.at(-1);
    if (!last) throw new UnknownRun("There are no sweeps yet");
    return last;
  }
}
