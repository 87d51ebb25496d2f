import { stages } from "../ml/stages.ts";
import { run, setting } from "./common-arguments.ts";
import type { CommandSpec } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";

/** Commands that take up what a run's record holds. */
export const againCommands: readonly CommandSpec[] = [
  defineCommand({
    name: "retry",
    summary: "take up a run that failed, was stopped or waits",
    details:
      "Results of stages that succeeded are taken from the run's own record, each checked to be there still; failed stages and all that depend on " +
      "them run, and training goes on from its checkpoint. It works from the record in the store alone: long after, and on another cluster with " +
      "the same bucket. A run that waits for an operator goes on itself; then --set takes only values that the failed stage or a later one reads.",
    arguments: { run },
    options: {
      from: {
        flags: "--from <stage>",
        kind: "text",
        choices: stages,
        description: "this stage and all that depend on it run anew",
      },
      set: { ...setting, description: "go on with another value (repeatable): train.optimizer.learningRate=0.001" },
      code: {
        flags: "--code <which>",
        kind: "text",
        choices: ["original", "current"],
        description: "the build that the run names, or the present one (default; a waiting run goes on in its own)",
      },
      detach: { flags: "-d, --detach", kind: "switch", description: "print the run id and return; the run goes on" },
    },
    examples: [
      { line: "convoy retry latest", says: "what is missing is done, what stands is kept" },
      { line: "convoy retry latest --set train.optimizer.learningRate=0.001", says: "with another learning rate" },
      {
        line: "convoy retry latest --set train.epochs=40",
        says: "train a finished run on, from where it ended (not with a cosine over all epochs)",
      },
      { line: "convoy retry latest --from split --code original", says: "again from split on, in the code of that time" },
    ],
    json:
      "`{retried, isSameRun, pinned: [{stage, madeBy, codeChanged}], runs, lost: [{stage, artifacts}], checkpoint, buildId}` with the fields of " +
      "`run --json`",
    load: async () => (await import("./commands/retry.ts")).retryRun,
  }),
  defineCommand({
    name: "reproduce",
    summary: "do a run again from its record, and say how the results compare",
    details:
      "Pipeline, data by hash, seed and code are those of the record; nothing that was made before is taken for made, and nothing is registered. " +
      "Ends with a verdict for each stage: bit-identical, within tolerance (|difference| ≤ 1e-5 + 1e-3 · |value|), or diverged, with the value that is " +
      "furthest off, and with what differs in environment and code. Exit code 0 only where it is reproduced.",
    arguments: { run },
    options: {
      exact: { flags: "--exact", kind: "switch", description: "only bit-identical results count as reproduced" },
      code: {
        flags: "--code <which>",
        kind: "text",
        choices: ["original", "current"],
        description: "the build that the run names (default), or the present one, to see whether it does the same",
      },
    },
    examples: [
      { line: "convoy reproduce latest --exact", says: "exit code 0 only if every bit is the same" },
      {
        line: "convoy reproduce latest --code current --json | jq .comparison.results",
        says: "does today's code do the same?",
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
    summary: "several runs over each other: metrics with intervals, settings that differ, learning curves",
    details:
      "Writes a page with the curves of all of them in one chart each. Warns where they were not tested on the same images.",
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
    summary: "write a run into one file: record, logs, data, code, results, model",
    details:
      "Everything it takes to look at the run and to do it again elsewhere: `convoy import` takes it into another store, where `convoy reproduce` " +
      "needs nothing of this one. A tar archive, gzipped; its first member lists every other one with its sha256.",
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
    summary: "take a run out of a file that `convoy export` wrote into this store",
    details: "Every byte is checked by its hash. The run's model is registered, and no alias moves.",
    arguments: { file: { description: "file that `convoy export` wrote", required: true, completes: "file" } },
    options: {},
    examples: [{ line: "convoy reproduce $(convoy import trial-7.tar.gz) --exact", says: "does it lead to the same here?" }],
    json: "`{runId, isNew, members, model}`",
    load: async () => (await import("./commands/import.ts")).importRun,
  }),
];
