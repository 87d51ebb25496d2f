import type { ScheduleDescription } from "@temporalio/client";
import { ScheduleNotFoundError, ScheduleOverlapPolicy } from "@temporalio/client";

import { InvalidConfiguration } from "../ml/errors.ts";
import type { Pipeline } from "../ml/pipeline.ts";
import { fillTimes } from "../ml/schedule/fill-times.ts";
import type { Schedule, ScheduledRun } from "../ml/schedule/schema.ts";
import { scheduleSchema } from "../ml/schedule/schema.ts";
import { PreconditionFailed } from "../storage/object-store.ts";
import { storeFiles } from "../storage/prepare-run.ts";
import { refuseSecretAddress } from "../storage/secrets.ts";
import { ScheduleRecords } from "../storage/schedule-records.ts";
import { storeCorrections } from "../storage/store-corrections.ts";
import { applySchedule, scheduleIdOf } from "./apply-schedule.ts";
import type { Link } from "./connect.ts";
import { withKnownRun } from "./resolve-run-id.ts";

export interface CreateSchedule extends Pick<
  Schedule,
  "name" | "when" | "timeZone" | "jitter" | "overlap" | "catchUp" | "pauseOnFailure"
> {
  pipeline: Pipeline;
  baseFolder: string;
  moduleFolder?: string;
  /** Take the place of one of the same name. */
  replace: boolean;
}

/** A schedule, and what this Temporal server says of it. */
export interface ScheduleView {
  schedule: Schedule;
  /** `notApplied`: this server does not know it, as after a move to another cluster; resuming it applies it. */
  state: "active" | "paused" | "notApplied";
  note: string | null;
  /** ISO 8601. */
  nextTimes: string[];
  /** The build that runs it. */
  taskQueue: string | null;
  last: ScheduledRun | null;
}

const shownRuns = 20;

/** Schedules: kept in the store, applied to Temporal. Each time one is due, a worker looks at the data and decides whether to train. */
export class Schedules {
  readonly #link: Link;
  readonly #records: ScheduleRecords;

  constructor(link: Link) {
    this.#link = link;
    this.#records = new ScheduleRecords(link.store.objects);
  }

  /** @throws {InvalidConfiguration} where a value is wrong, or the name is taken */
  async create({ replace, moduleFolder, ...given }: CreateSchedule): Promise<Schedule> {
    fillTimes(given.pipeline, new Date().toISOString()); // a wrong name in a path shows now, not at night
    for (const address of [given.pipeline.dataset.path].flat()) refuseSecretAddress(address);
    const { store } = this.#link;
    const known = await withKnownRun(store, given.pipeline);
    // What the pipeline names beside its data lies on this machine; workers find it by content.
    const corrected = await storeCorrections(known, given.baseFolder, store.artifacts);
    const pipeline = await storeFiles(corrected, moduleFolder ?? given.baseFolder, store);
    const parsed = scheduleSchema.safeParse({ ...given, pipeline, formatVersion: 1, createdAt: new Date().toISOString() });
    if (!parsed.success) {
      const mistakes = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
      throw new InvalidConfiguration(`The schedule is wrong: ${mistakes.join("; ")}`);
    }
    const schedule = parsed.data;
    const present = await this.#records.find(schedule.name);
    if (present && !replace)
      throw new InvalidConfiguration(
        `There is a schedule ${schedule.name} already; --replace takes its place, or give another name`,
      );
    await this.#link.ensureWorkers();
    // Temporal first: it knows whether the times make sense. Who finds the source then finds it applied.
    await applySchedule(this.#link, schedule);
    try {
      await this.#records.put(schedule, present ? { ifMatch: present.etag } : { ifAbsent: true });
    } catch (cause) {
      if (!(cause instanceof PreconditionFailed)) throw cause;
      throw new InvalidConfiguration(`Somebody else made schedule ${schedule.name} at this moment; look at it and try again`, {
        cause,
      });
    }
    return schedule;
  }

  async list(): Promise<ScheduleView[]> {
    const present = await this.#present();
    return Promise.all(present.map((schedule) => this.#view(schedule)));
  }

  /** With what it did, newest first. */
  async show(name: string): Promise<ScheduleView & { runs: ScheduledRun[] }> {
    const view = await this.#view(await this.#find(name));
    const runs: ScheduledRun[] = [];
    for await (const run of this.#records.runs(name)) {
      runs.push(run);
      if (runs.length >= shownRuns) break;
    }
    return { ...view, runs };
  }

  async pause(name: string, note: string): Promise<void> {
    await (await this.#handle(name)).pause(note);
  }

  /** Also applies it where this server does not know it. */
  async resume(name: string): Promise<void> {
    await this.#link.ensureWorkers();
    await applySchedule(this.#link, await this.#find(name));
    await (await this.#handle(name)).unpause("convoy schedule resume");
  }

  /** Does it now, whatever its times say. */
  async trigger(name: string): Promise<void> {
    await this.#link.ensureWorkers();
    await (await this.#handle(name)).trigger(ScheduleOverlapPolicy.BUFFER_ONE);
  }

  /** Does it for each of its times from one moment to another, one after the other. */
  async backfill(name: string, { from, to }: { from: Date; to: Date }): Promise<void> {
    if (!(from < to))
      throw new InvalidConfiguration(
        `A backfill goes from an earlier time to a later one; received ${from.toISOString()} to ${to.toISOString()}`,
      );
    await this.#link.ensureWorkers();
    await (await this.#handle(name)).backfill({ start: from, end: to, overlap: ScheduleOverlapPolicy.BUFFER_ALL });
  }

  /** Its runs and models stay. */
  async delete(name: string): Promise<void> {
    await this.#find(name);
    const handle = this.#link.temporal.schedule.getHandle(scheduleIdOf(this.#link, name));
    await handle.delete().catch((error: unknown) => {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
    });
    await this.#records.delete(name);
  }

  /** Lets all schedules run in the present build: its workers are there now, and those of older ones end. */
  async moveHere(): Promise<void> {
    for (const schedule of await this.#present()) {
      const description = await this.#describe(schedule.name);
      if (description && description.action.taskQueue !== this.#link.queues.data) await applySchedule(this.#link, schedule);
    }
  }

  async #view(schedule: Schedule): Promise<ScheduleView> {
    const description = await this.#describe(schedule.name);
    let last: ScheduledRun | null = null;
    for await (const run of this.#records.runs(schedule.name)) {
      last = run;
      break;
    }
    return {
      schedule,
      state: description === null ? "notApplied" : description.state.paused ? "paused" : "active",
      note: description?.state.note ?? null,
      nextTimes: description?.info.nextActionTimes.map((time) => time.toISOString()) ?? [],
      taskQueue: description?.action.taskQueue ?? null,
      last,
    };
  }

  /** All that are not deleted while they are read. */
  async #present(): Promise<Schedule[]> {
    const names = await this.#records.names();
    const found = await Promise.all(names.map((name) => this.#records.find(name)));
    return found.flatMap((one) => one?.value ?? []);
  }

  async #find(name: string): Promise<Schedule> {
    const found = await this.#records.find(name);
    if (found) return found.value;
    const names = await this.#records.names();
    throw new InvalidConfiguration(
      `There is no schedule ${JSON.stringify(name)}; ${names.length > 0 ? `there are ${names.join(", ")}` : "none was created yet"}`,
    );
  }

  async #handle(name: string) {
    await this.#find(name);
    if (await this.#describe(name)) return this.#link.temporal.schedule.getHandle(scheduleIdOf(this.#link, name));
    throw new InvalidConfiguration(
      `This Temporal server does not know schedule ${name} yet; convoy schedule resume ${name} applies it`,
    );
  }

  async #describe(name: string): Promise<ScheduleDescription | null> {
    try {
      return await this.#link.temporal.schedule.getHandle(scheduleIdOf(this.#link, name)).describe();
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return null;
      throw error;
    }
  }
}
