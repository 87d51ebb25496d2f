import { ScheduleNotFoundError, ScheduleOverlapPolicy } from "@temporalio/client";
import type { ScheduleOptions } from "@temporalio/client";

import { Schedules } from "../../client/schedules.ts";
import type { Link } from "../../client/connect.ts";
import type { Store } from "../../storage/open-store.ts";
import { memoryStore } from "./memory-store.ts";

type Known = Omit<ScheduleOptions, "scheduleId"> & { paused: boolean; note: string | undefined };

/** As much of Temporal's schedules as convoy uses, in memory: what it knows, and what it was asked to do. */
export class MemoryTemporal {
  readonly known = new Map<string, Known>();
  readonly asked: string[] = [];

  readonly schedule = {
    create: async ({ scheduleId, ...options }: ScheduleOptions): Promise<void> => {
      this.known.set(scheduleId, { ...options, paused: false, note: undefined });
    },
    getHandle: (scheduleId: string) => ({
      describe: async () => {
        const { action, paused, note } = this.#find(scheduleId);
        const nextActionTimes = paused ? [] : [new Date("2026-02-01T02:00:00.000Z")];
        return { action, state: { paused, note }, info: { nextActionTimes } };
      },
      update: async (change: (previous: { state: { paused: boolean } }) => Known): Promise<void> => {
        const { paused, note } = this.#find(scheduleId);
        this.known.set(scheduleId, { ...change({ state: { paused } }), paused, note });
      },
      pause: async (note: string) => void Object.assign(this.#find(scheduleId), { paused: true, note }),
      unpause: async (note: string) => void Object.assign(this.#find(scheduleId), { paused: false, note }),
      trigger: async (overlap: ScheduleOverlapPolicy) => void this.asked.push(`trigger ${scheduleId} ${overlap}`),
      backfill: async ({ start, end, overlap }: { start: Date; end: Date; overlap: ScheduleOverlapPolicy }) =>
        void this.asked.push(`backfill ${scheduleId} ${start.toISOString()} ${end.toISOString()} ${overlap}`),
      delete: async () => {
        this.#find(scheduleId);
        this.known.delete(scheduleId);
      },
    }),
  };

  readonly options = { namespace: "default" };
  readonly connection = {
    operatorService: { listSearchAttributes: async () => ({ customAttributes: { ConvoyPipeline: 2, ConvoyStatus: 2 } }) },
  };

  #find(scheduleId: string): Known {
    const found = this.known.get(scheduleId);
    if (!found) throw new ScheduleNotFoundError("not found", scheduleId);
    return found;
  }
}

/** Schedules of a store in memory, on a Temporal server in memory, run by workers of one build. */
export function memorySchedules({
  store = memoryStore(),
  temporal = new MemoryTemporal(),
  build = "0123456789ab",
}: { store?: Store; temporal?: MemoryTemporal; build?: string } = {}): Schedules {
  const queues = { data: `convoy-data-test-${build}`, gpu: `convoy-gpu-test-${build}` };
  return new Schedules({ store, temporal, queues, ensureWorkers: async () => {} } as unknown as Link);
}
