import { overlapPolicies } from "../ml/schedule/overlap-policies.ts";
import { pipelineFile, setting } from "./common-arguments.ts";
import type { CommandSpec } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";

const name = { description: "name of the schedule", required: true } as const;

/** What runs by the clock. */
export const scheduleCommands: readonly CommandSpec[] = [
  defineCommand({
    name: "schedule create",
    summary: "run a pipeline file by the clock",
    details:
      "Each time it is due, a data worker lists the data anew and decides by the file's `retrain.if` whether a run is needed; without conditions it " +
      "runs each time, and what did not change is reused. `{{scheduledAt}}` and `{{scheduledDate}}` in dataset paths become the nominal time. The data must " +
      "be where the workers see it: https://, a shared file system, or this machine with the embedded stack. A scheduled run never waits for an operator.",
    arguments: { name, file: pipelineFile },
    options: {
      cron: {
        flags: "--cron <times>",
        kind: "list",
        description: "minute hour day month weekday, quoted (repeatable): '0 6 * * 1'",
      },
      every: { flags: "--every <duration>", kind: "text", description: "instead: 30m, 6h, 7d, counted from 1970" },
      set: { ...setting, description: "override a value of the file (repeatable)" },
      timeZone: { flags: "--time-zone <name>", kind: "text", default: "UTC", description: "of cron times: Europe/Zurich" },
      jitter: { flags: "--jitter <duration>", kind: "text", description: "start by chance up to so much later" },
      overlap: {
        flags: "--overlap <policy>",
        kind: "text",
        choices: overlapPolicies,
        default: "skip",
        description: "when the last run still goes on",
      },
      catchUp: {
        flags: "--catch-up <duration>",
        kind: "text",
        default: "1h",
        description: "missed times that are no older are made up for",
      },
      keepOnFailure: {
        flags: "--keep-on-failure",
        kind: "switch",
        description: "do not pause the schedule when a run of it fails",
      },
      replace: { flags: "--replace", kind: "switch", description: "take the place of the schedule of this name" },
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
    summary: "schedules, with their next times and what they did last",
    arguments: {},
    options: {},
    examples: [{ line: "convoy schedule list", says: "what runs by the clock" }],
    json: "`[{schedule, state, note, nextTimes, taskQueue, last}]`",
    load: async () => (await import("./commands/schedule-list.ts")).listSchedules,
  }),
  defineCommand({
    name: "schedule show",
    summary: "a schedule, and why it trained or did not, newest first",
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
    summary: "do it for each of its times in the past, one after the other",
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
