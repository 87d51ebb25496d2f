import { stages } from "../ml/stages.ts";
import type { CommandSpec } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";

const run = { description: "run id, a unique beginning of one, or `latest`", required: true, completes: "run" } as const;

/** Commands that take up what a run's record holds. */
export function againCommands(): CommandSpec[] {
  return [
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
        set: {
          flags: "--set <key=value>",
          kind: "list",
          completes: "setting",
          description: "go on with another value (repeatable): train.optimizer.learningRate=0.001",
        },
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
        { line: "convoy retry latest --from split --code original", says: "again from split on, in the code of that time" },
      ],
      json:
        "`{retried, isSameRun, pinned: [{stage, madeBy, codeChanged}], runs, lost: [{stage, artifacts}], checkpoint, buildId}` with the fields of " +
        "`run --json`",
      load: async () => (await import("./commands/retry.ts")).retryRun,
    }),
  ];
}
