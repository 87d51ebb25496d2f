import { stages } from "../ml/stages.ts";
import { run, setting } from "./common-arguments.ts";
import type { CommandSpec } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";

/** Commands that take up what a run's record holds. */
export const againCommands: readonly CommandSpec[] = [
  defineCommand({
    name: "retry",
    summary: "continue a run that failed, was stopped, or waits for you",
    details:
      "Takes the results of stages that succeeded from the run's record, after checking that they still exist; runs the failed stages and all that " +
      "depend on them; training continues from its checkpoint. Needs only the record in the store, so it works long after, and on another cluster " +
      "with the same bucket. A run that waits for an operator continues itself; --set then accepts only values that the failed stage or a later one reads.",
    arguments: { run },
    options: {
      from: {
        flags: "--from <stage>",
        kind: "text",
        choices: stages,
        description: "run this stage and all that depend on it again",
      },
      set: { ...setting, description: "continue with another value (repeatable): train.optimizer.learningRate=0.001" },
      code: {
        flags: "--code <which>",
        kind: "text",
        choices: ["original", "current"],
        description: "the build that the run was started with, or the current one (default; a waiting run keeps its own)",
      },
      detach: { flags: "-d, --detach", kind: "switch", description: "print the run id and return; the run goes on" },
    },
    examples: [
      { line: "convoy retry latest", says: "compute what is missing, keep what is there" },
      { line: "convoy retry latest --set train.optimizer.learningRate=0.001", says: "with another learning rate" },
      {
        line: "convoy retry latest --set train.epochs=40",
        says: "train a finished run for longer, from where it ended (not with a cosine schedule over all epochs)",
      },
      { line: "convoy retry latest --from split --code original", says: "again from split on, with the code of that time" },
    ],
    json:
      "`{retried, isSameRun, pinned: [{stage, madeBy, codeChanged}], runs, lost: [{stage, artifacts}], checkpoint, buildId}` with the fields of " +
      "`run --json`",
    load: async () => (await import("./commands/retry.ts")).retryRun,
  }),
  defineCommand({
    name: "reproduce",
    summary: "repeat a run from its record, and say how the results compare",
    details:
      "Uses the pipeline, data (by hash), seed and code of the record, reuses no earlier result, and registers no model. Ends with a verdict for each " +
      "stage: bit-identical, within tolerance (|difference| ≤ 1e-5 + 1e-3 · |value|), or diverged; with the value that is furthest off, and with what " +
      "differs in environment and code. The exit code is 0 only if the run was reproduced.",
    arguments: { run },
    options: {
      exact: { flags: "--exact", kind: "switch", description: "only bit-identical results count as reproduced" },
      code: {
        flags: "--code <which>",
        kind: "text",
        choices: ["original", "current"],
        description:
          "the build that the run was started with (default), or the current one, to see whether it gives the same results",
      },
    },
    examples: [
      { line: "convoy reproduce latest --exact", says: "exit code 0 only if every bit is the same" },
      {
        line: "convoy reproduce latest --code current --json | jq .comparison.results",
        says: "does today's code give the same results?",
      },
    ],
    json: "the fields of `run --json` with `{reproduces, buildId, comparison}`; `comparison` as of `diff --json`",
    load: async () => (await import("./commands/reproduce.ts")).reproduceRun,
  }),
  defineCommand({
    name: "diff",
    summary: "what differs between two runs: parameters, data, code, environment, metrics, results",
    arguments: { a: run, b: { ...run, description: "the run to compare with it" } },
    options: {},
    examples: [{ line: "convoy diff 06fht latest", says: "why is the newer one better?" }],
    json:
      "`{runs, parameters: [{key, a, b}], data: {isSame, files}, code: {builds, stages, packages}, metrics: [{name, a, b, delta}], environment, " +
      "results: {verdict, firstDifference, stages: [{stage, verdict, reason, differences: [{output, values, differing, worst}]}]}}`",
    load: async () => (await import("./commands/diff.ts")).diffRuns,
  }),
  defineCommand({
    name: "compare",
    summary: "several runs side by side: metrics with intervals, settings that differ, learning curves",
    details:
      "Also writes a page that shows the learning curves of all of them in common charts. Warns if they were not tested on the same images.",
    arguments: { runs: { ...run, description: "two runs or more", variadic: true } },
    options: {},
    examples: [{ line: "convoy compare 06fht 06fhz latest", says: "which of the three?" }],
    json:
      "`{runs: [{runId, pipeline, status, epochs}], isSameTest, metrics: [{name, values: [{value, interval}]}], settings: [{key, values}], page}`; " +
      "values in the order of `runs`",
    load: async () => (await import("./commands/compare.ts")).compareRuns,
  }),
  defineCommand({
    name: "export",
    summary: "write a run to one file: record, logs, data, code, results, model",
    details:
      "The file holds everything needed to look at the run and to repeat it elsewhere: `convoy import` reads it into another store, where `convoy " +
      "reproduce` needs nothing from this one. It is a gzipped tar archive whose first member lists all others with their sha256.",
    arguments: { run },
    options: {
      out: {
        flags: "--out <file>",
        kind: "text",
        completes: "file",
        description: "default: convoy-RUN.tar.gz in the current folder",
      },
    },
    examples: [{ line: "convoy export latest --out trial-7.tar.gz", says: "for a colleague, or for the archive" }],
    json: "`{runId, file, sizeBytes, members, missing}`",
    load: async () => (await import("./commands/export.ts")).exportRun,
  }),
  defineCommand({
    name: "import",
    summary: "read a run from a file that `convoy export` wrote",
    details: "Everything is checked against its hash. The run's model is registered; no alias moves.",
    arguments: { file: { description: "file that `convoy export` wrote", required: true, completes: "file" } },
    options: {},
    examples: [{ line: "convoy reproduce $(convoy import trial-7.tar.gz) --exact", says: "does it give the same results here?" }],
    json: "`{runId, isNew, members, model}`",
    load: async () => (await import("./commands/import.ts")).importRun,
  }),
];
