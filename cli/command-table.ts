import { reportStages, stages } from "../ml/stages.ts";
import { sweepCommands } from "./sweep-commands.ts";
import { againCommands } from "./again-commands.ts";
import { pipelineFile, run, setting, tagChanges } from "./common-arguments.ts";
import type { CommandSpec, OptionSpecs } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";
import { startCommands } from "./start-commands.ts";
import { houseCommands } from "./house-commands.ts";
import { pauseCommands } from "./pause-commands.ts";
import { modelCommands } from "./model-commands.ts";
import { scheduleCommands } from "./schedule-commands.ts";
import { servingCommands } from "./serving-commands.ts";

/** Options that stand on every command. */
export const commonOptions = {
  json: { flags: "--json", kind: "switch", description: "print one JSON document on stdout, and nothing else there" },
  quiet: { flags: "-q, --quiet", kind: "switch", description: "print only results and errors: no progress, no advice" },
  verbose: { flags: "-v, --verbose", kind: "switch", description: "print more detail, and errors with their stack" },
  profile: {
    flags: "--profile <name>",
    kind: "text",
    description: "which embedded stack to use (default: $CONVOY_PROFILE, else `default`)",
  },
} as const satisfies OptionSpecs;

/** Names that only hold commands of two words, with half a line for the list of commands. */
export const commandGroups: Readonly<Record<string, string>> = {
  model: "the model of a pipeline file",
  models: "registered models: versions, aliases, lineage",
  alias: "where a model's aliases point",
  schedule: "scheduled runs",
};

const stage = { flags: "--stage <name>", kind: "text", choices: stages } as const;

/** Every command, in the order help shows them. One definition drives parsing, help, completion and docs/commands.md. */
export const commands: readonly CommandSpec[] = [
  ...startCommands(),
  defineCommand({
    name: "run",
    summary: "run a pipeline file, with live progress",
    details:
      "Uploads local data that the store does not have yet, starts the run and follows it. Results of earlier runs are reused for stages whose code, " +
      "parameters and inputs are unchanged; where only `train.epochs` was raised, training continues from the checkpoint of the earlier run. " +
      "Ctrl-C asks the run to stop; a second Ctrl-C leaves at once. If the terminal is closed, the run goes on.",
    arguments: { file: pipelineFile },
    options: {
      set: {
        ...setting,
        description:
          "override a value of the file; it is checked like the file (repeatable): train.epochs=3, model.0.dense=20. A relative `dataset.path` given here starts from the current folder",
      },
      until: { ...stage, flags: "--until <stage>", description: "end the run after this stage" },
      smoke: {
        flags: "--smoke",
        kind: "switch",
        description: "a quick test whether everything works: 200 images, 1 epoch, up to evaluate; registers no model",
      },
      detach: { flags: "-d, --detach", kind: "switch", description: "print the run id and return; the run goes on" },
    },
    examples: [
      { line: "convoy run pipelines/mnist.yaml", says: "run it and follow" },
      { line: "convoy run pipelines/mnist.yaml --set train.epochs=10 --set seed=7", says: "with other values" },
      { line: "convoy run pipelines/mnist.yaml --set dataset.path=../data/mnist", says: "on other data" },
      { line: "convoy run pipelines/mnist.yaml --until explore", says: "look at the data before anything is trained" },
      { line: "convoy run pipelines/mnist.yaml --smoke", says: "try the whole of it in seconds" },
      { line: "id=$(convoy run pipelines/mnist.yaml --detach)", says: "start it and keep the id" },
    ],
    json: "`{runId, status, stages, metrics, model, report, seed, error}`; with `--detach` `{runId, status}`",
    load: async () => (await import("./commands/run.ts")).runPipeline,
  }),
  defineCommand({
    name: "watch",
    summary: "follow a run until it ends",
    details: "Ctrl-C stops watching; the run goes on. The exit code tells how the run ended.",
    arguments: { run: { ...run, required: false, description: `${run.description} (default: latest)` } },
    options: {},
    examples: [
      { line: "convoy watch", says: "follow the latest run" },
      { line: "convoy watch latest --json | jq -c 'select(.type == \"epoch\")'", says: "its epochs as NDJSON" },
    ],
    json: "NDJSON, a line an event: `{type: run | stage | epoch | progress | notice | result, time, …}`; the last is the document of `run --json`",
    load: async () => (await import("./commands/watch.ts")).watchRun,
  }),
  defineCommand({
    name: "status",
    summary: "what the stack is doing: servers, workers, running runs",
    arguments: {},
    options: {},
    examples: [{ line: "convoy status", says: "servers and runs at a glance" }],
    json: "`{profile, state, parts: [{name, state, detail}], notices, runs}`",
    load: async () => (await import("./commands/status.ts")).showStatus,
  }),
  defineCommand({
    name: "runs",
    summary: "list runs, newest first",
    arguments: {},
    options: {
      limit: { flags: "-n, --limit <count>", kind: "count", default: 20, description: "how many at most" },
      pipeline: { flags: "--pipeline <name>", kind: "text", description: "only runs of this pipeline" },
      where: {
        flags: "--where <condition>",
        kind: "text",
        description:
          'only runs for which this holds: comparisons (= != < <= > >=, and ~ for "contains") of status, metrics.test.accuracy, tags.NAME or any key of a pipeline file, joined by and, or, not',
      },
    },
    examples: [
      { line: "convoy runs", says: "the latest twenty" },
      { line: "convoy runs --where 'metrics.test.accuracy > 0.9 and pipeline = mnist'", says: "good ones" },
      { line: "convoy runs --where 'train.epochs >= 10 and startedAt > 2026-03' --json", says: "as JSON" },
    ],
    json: "`[{runId, pipeline, status, startedAt, finishedAt, accuracy, model, metrics, tags, note}]`",
    load: async () => (await import("./commands/runs.ts")).listRuns,
  }),
  defineCommand({
    name: "tag",
    summary: "tag a run, or attach a note to it",
    details: "A run with the tag `keep` is never deleted by `convoy gc`.",
    arguments: { run },
    options: {
      ...tagChanges,
      note: { flags: "--note <text>", kind: "text", description: "set the run's note; it replaces the one before" },
    },
    examples: [
      { line: 'convoy tag latest --set keep=paper --note "figure 3"', says: "keep it, and say why" },
      { line: "convoy runs --where 'tags.keep = paper'", says: "find it again" },
    ],
    json: "`{runId, tags, note}`",
    load: async () => (await import("./commands/tag.ts")).tagRun,
  }),
  defineCommand({
    name: "show",
    summary: "what a run did: stages, attempts, errors, results",
    arguments: { run },
    options: { stage: { ...stage, description: "show this stage in full, with its results" } },
    examples: [
      { line: "convoy show latest", says: "the whole run" },
      { line: "convoy show latest --stage evaluate --json | jq .results", says: "the evaluation's numbers" },
    ],
    json: "`{record, progress, notices, attempts: [{stage, attempt, part, startedAt, endedAt, outcome, error, lines}]}`; with `--stage` also `stage` (its part of the record) and `results`",
    load: async () => (await import("./commands/show.ts")).showRun,
  }),
  defineCommand({
    name: "logs",
    summary: "log lines of a run",
    arguments: { run },
    options: {
      stage: { ...stage, description: "only this stage's" },
      attempt: { flags: "--attempt <number>", kind: "count", description: "only this attempt's" },
      follow: { flags: "-f, --follow", kind: "switch", description: "keep printing new lines until the run ends" },
    },
    examples: [
      { line: "convoy logs latest --stage train", says: "what training said" },
      { line: "convoy logs latest -f --json", says: "all of it as NDJSON, as it comes" },
    ],
    json: "`[{time, level, runId, stage, attempt, message, fields}]`; with `--follow` NDJSON",
    load: async () => (await import("./commands/logs.ts")).showLogs,
  }),
  defineCommand({
    name: "stop",
    summary: "ask a run to stop, and wait until it has",
    arguments: { run },
    options: {},
    examples: [{ line: "convoy stop latest", says: "stop it cleanly; finished stages stay reusable" }],
    json: "`{runId, status}`",
    load: async () => (await import("./commands/stop.ts")).stopRun,
  }),
  defineCommand({
    name: "open",
    summary: "open a run's report in the browser",
    arguments: { run: { ...run, required: false, description: `${run.description} (default: latest)` } },
    options: {
      stage: {
        flags: "--stage <name>",
        kind: "text",
        choices: [...reportStages, "train"],
        description:
          "the stage whose report to open (default: evaluate, or check where that stopped the run); train gives a folder with CSV and TensorBoard logs",
      },
      print: { flags: "--print", kind: "switch", description: "print the file's path instead of opening it" },
    },
    examples: [
      { line: "convoy open latest", says: "metrics, confusion matrix, curves" },
      { line: "convoy open latest --stage explore --print", says: "where the data report lies" },
      {
        line: 'tensorboard --logdir "$(convoy open latest --stage train --print)"',
        says: "the training's curves in TensorBoard",
      },
    ],
    json: "`{runId, stage, path}`",
    load: async () => (await import("./commands/open.ts")).openReport,
  }),
  ...modelCommands,
  ...houseCommands,
  ...servingCommands,
  ...pauseCommands(),
  ...againCommands,

  ...sweepCommands(),
  ...scheduleCommands,
  ...stackCommands(),
  defineCommand({
    name: "completion",
    summary: "print a completion script for your shell",
    arguments: { shell: { description: "bash, zsh or fish", required: true, choices: ["bash", "zsh", "fish"] } },
    options: {},
    examples: [
      { line: 'eval "$(convoy completion bash)"', says: "bash: in ~/.bashrc" },
      { line: 'eval "$(convoy completion zsh)"', says: "zsh: in ~/.zshrc, after compinit" },
      { line: "convoy completion fish > ~/.config/fish/completions/convoy.fish", says: "fish" },
    ],
    json: "`{shell, script}`",
    load: async () => (await import("./commands/completion.ts")).printCompletion,
  }),
];

function stackCommands(): CommandSpec[] {
  return [
    defineCommand({
      name: "up",
      summary: "start the embedded stack: Temporal, S3, workers",
      details: "Commands that need the stack start it themselves. What is already running is left alone.",
      arguments: {},
      options: {},
      examples: [{ line: "convoy up", says: "start it, or see that it runs" }],
      json: "`{profile, state, parts: [{name, state, detail}], notices}`",
      load: async () => (await import("./commands/up.ts")).startStack,
    }),
    defineCommand({
      name: "down",
      summary: "stop the embedded stack; its data stays",
      arguments: {},
      options: {},
      examples: [{ line: "convoy down", says: "runs that were going on continue after `convoy up`" }],
      json: "`{profile, stopped}`",
      load: async () => (await import("./commands/down.ts")).stopStack,
    }),
    defineCommand({
      name: "reset",
      summary: "stop the embedded stack and delete its data",
      arguments: {},
      options: {
        yes: { flags: "--yes", kind: "switch", description: "really delete every run, model and object of this profile" },
      },
      examples: [{ line: "convoy reset --yes", says: "begin with nothing" }],
      json: "`{profile, deleted}`",
      load: async () => (await import("./commands/reset.ts")).resetStack,
    }),
    defineCommand({
      name: "doctor",
      summary: "check versions, disk, ports and servers, and say how to fix what is wrong",
      arguments: {},
      options: {},
      examples: [{ line: "convoy doctor", says: "paste its output into a bug report" }],
      json: "`{healthy, checks: [{name, status, message, hint}]}`",
      load: async () => (await import("./commands/doctor.ts")).diagnose,
    }),
  ];
}
