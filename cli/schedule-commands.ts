import { overlapPolicies } from "../ml/schedule/overlap-policies.ts";
import { pipelineFile, setting } from "./common-arguments.ts";
import type { CommandSpec } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";

const name = { description: "name of the schedule", required: true } as const;

/** What runs by the clock. */
export const scheduleCommands: readonly CommandSpec[] = [
  defineCommand({
    name: "schedule create",
    summary: "run a pipeline file at set times",
    details:
      "Each time, a data worker lists the data again and decides by the conditions in the file's `retrain.if` whether to run; without conditions it always " +
      "runs, and reuses what did not change. `{{scheduledAt}}` and `{{scheduledDate}}` in dataset paths stand for the scheduled time. The workers must be able to " +
      "read the data: over https://, from a shared file system, or from this machine with the embedded stack. A scheduled run never waits for an operator.",
    arguments: { name, file: pipelineFile },
    options: {
      cron: {
        flags: "--cron <times>",
        kind: "list",
        description: "cron expression (minute hour day month weekday), quoted (repeatable): '0 6 * * 1'",
      },
      every: { flags: "--every <duration>", kind: "text", description: "instead of --cron: 30m, 6h, 7d, counted from 1970" },
      set: { ...setting, description: "override a value of the file (repeatable)" },
      timeZone: {
        flags: "--time-zone <name>",
        kind: "text",
        default: "UTC",
        description: "time zone of the cron times, such as Europe/Zurich",
      },
      jitter: { flags: "--jitter <duration>", kind: "text", description: "delay each start by a random time up to this long" },
      overlap: {
        flags: "--overlap <policy>",
        kind: "text",
        choices: overlapPolicies,
        default: "skip",
        description: "what to do when the last run has not ended yet",
      },
      catchUp: {
        flags: "--catch-up <duration>",
        kind: "text",
        default: "1h",
        description: "how old a missed time may be to be made up for",
      },
      keepOnFailure: {
        flags: "--keep-on-failure",
        kind: "switch",
        description: "do not pause the schedule when a run of it fails",
      },
      replace: { flags: "--replace", kind: "switch", description: "replace the schedule of this name" },
    },
    examples: [
      {
        line: "convoy schedule create nightly pipelines/mnist.yaml --cron '0 2 * * *' --time-zone Europe/Zurich",
        says: "each night at two",
      },
      {
        line: "convoy schedule create hourly pipelines/mnist.yaml --every 1h --set retrain.if.dataChanged=true",
        says: "when there is new data",
      },
    ],
    json: "the schedule: `{name, pipeline, baseFolder, when, timeZone, jitter, overlap, catchUp, pauseOnFailure, createdAt}`",
    load: async () => (await import("./commands/schedule-create.ts")).createSchedule,
  }),
  defineCommand({
    name: "schedule list",
    summary: "list schedules, with their next times and what they did last",
    arguments: {},
    options: {},
    examples: [{ line: "convoy schedule list", says: "what is scheduled" }],
    json: "`[{schedule, state, note, nextTimes, taskQueue, last}]`",
    load: async () => (await import("./commands/schedule-list.ts")).listSchedules,
  }),
  defineCommand({
    name: "schedule show",
    summary: "show a schedule, and why it trained or did not, newest first",
    arguments: { name },
    options: {},
    examples: [{ line: "convoy schedule show nightly", says: "did it find new data?" }],
    json: "`{schedule, state, note, nextTimes, taskQueue, last, runs: [{scheduledAt, runId, status, reasons, source, drift, model, error}]}`",
    load: async () => (await import("./commands/schedule-list.ts")).showSchedule,
  }),
  ...control("pause", "let a schedule rest until it is resumed"),
  ...control("resume", "let a paused schedule go on; on another cluster with the same bucket, apply it"),
  ...control("trigger", "do it now, whatever its times say"),
  defineCommand({
    name: "schedule backfill",
    summary: "make up for its times in a period of the past, one after the other",
    arguments: { name },
    options: {
      from: { flags: "--from <time>", kind: "text", description: "ISO 8601: 2026-01-01 or 2026-01-01T06:00:00Z" },
      to: { flags: "--to <time>", kind: "text", description: "the same; inclusive" },
    },
    examples: [{ line: "convoy schedule backfill nightly --from 2026-01-01 --to 2026-01-07", says: "a week that was missed" }],
    json: "`{name, from, to}`",
    load: async () => (await import("./commands/schedule-control.ts")).backfillSchedule,
  }),
  ...control("delete", "delete a schedule; its runs and models stay"),
];

function control(verb: "pause" | "resume" | "trigger" | "delete", summary: string): CommandSpec[] {
  return [
    defineCommand({
      name: `schedule ${verb}`,
      summary,
      arguments: { name },
      options: {},
      examples: [{ line: `convoy schedule ${verb} nightly`, says: summary }],
      json: "`{name, done}`",
      load: async () => (await import("./commands/schedule-control.ts")).controlSchedule(verb),
    }),
  ];
}
