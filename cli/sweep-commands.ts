import { pipelineFile, setting } from "./common-arguments.ts";
import type { CommandSpec } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";

const result =
  "`{sweepId, status, reason, objective, trials: [{number, status, parameters, value, deviation, epochs, executions: [{seed, value, status, runId}]}], " +
  "best: {number, value, parameters}, epochs, winner, metrics, model, error}`";

const sweep = { description: "sweep id, a unique beginning of one, or `latest`", required: true } as const;

/** The commands of sweeps. */
export function sweepCommands(): CommandSpec[] {
  return [
    defineCommand({
      name: "sweep",
      summary: "search for good values of a pipeline file by trying them",
      details:
        "The file's `sweep` says which keys to search, how, and by which validation metric. The data stages run once. Each trial trains with other values and " +
        "is judged on the validation part alone; only the winner is tested, once, and registered. Ctrl-C asks the sweep to stop.",
      arguments: { file: { ...pipelineFile, description: `${pipelineFile.description} with a \`sweep\`` } },
      options: {
        set: { ...setting, description: "override a value of the file (repeatable): sweep.trials=50, train.epochs=3" },
        detach: { flags: "-d, --detach", kind: "switch", description: "print the sweep's id and return; it goes on" },
      },
      examples: [
        { line: "convoy sweep pipelines/cats-dogs-sweep.yaml", says: "search, follow, test and register the winner" },
        {
          line: "convoy sweep pipelines/cats-dogs-sweep.yaml --set sweep.algorithm=grid --set sweep.parallel=4",
          says: "in another way",
        },
      ],
      json: result,
      load: async () => (await import("./commands/sweep.ts")).startSweep,
    }),
    ...lookingAtSweeps(),
    ...controllingSweeps(),
  ];
}

function lookingAtSweeps(): CommandSpec[] {
  return [
    defineCommand({
      name: "sweep list",
      summary: "list sweeps, newest first",
      arguments: {},
      options: { limit: { flags: "-n, --limit <count>", kind: "count", default: 20, description: "how many at most" } },
      examples: [{ line: "convoy sweep list", says: "the latest twenty" }],
      json: "`[{sweepId, pipeline, status, startedAt, trials, best}]`",
      load: async () => (await import("./commands/sweep-show.ts")).listSweeps,
    }),
    defineCommand({
      name: "sweep show",
      summary: "show a sweep's trials and which keys mattered, and write its report",
      details:
        "The report shows the best value so far, every trial in parallel coordinates, the importance of each key (functional ANOVA) and the learning curves.",
      arguments: { sweep },
      options: {},
      examples: [
        { line: "convoy sweep show latest", says: "the table, and where the report is" },
        { line: "convoy sweep show latest --json | jq .importance", says: "which keys mattered" },
      ],
      json: `${result} with \`importance: [{key, importance}]\`, \`curves: [{number, points}]\` and \`report\` (path of the page)`,
      load: async () => (await import("./commands/sweep-show.ts")).showSweep,
    }),
    defineCommand({
      name: "sweep best",
      summary: "print the pipeline file of a sweep's winner",
      arguments: { sweep },
      options: {},
      examples: [
        { line: "convoy sweep best latest > best.yaml && convoy run best.yaml", says: "the winner as a run of its own" },
      ],
      json: "`{sweepId, number, execution, runId, pipeline}`",
      load: async () => (await import("./commands/sweep-show.ts")).bestPipeline,
    }),
    defineCommand({
      name: "sweep explain",
      summary: "why a trial's values were suggested, and what came of them",
      arguments: { sweep, trial: { description: "the trial's number", required: true } },
      options: {},
      examples: [{ line: "convoy sweep explain latest 12", says: "why trial 12 was tried" }],
      json: "`{sweepId, algorithm, number, status, parameters, value, explanation: {text, numbers}, rungs, executions}`",
      load: async () => (await import("./commands/sweep-show.ts")).explainTrial,
    }),
  ];
}

function controllingSweeps(): CommandSpec[] {
  const trials = { flags: "--trials <more>", kind: "text", description: "how many more trials to allow: +20" } as const;
  return [
    defineCommand({
      name: "sweep set",
      summary: "change a sweep while it runs",
      arguments: { sweep },
      options: {
        parallel: { flags: "--parallel <count>", kind: "count", description: "how many trainings run at the same time" },
        trials,
      },
      examples: [{ line: "convoy sweep set latest --parallel 4", says: "when there are more GPU workers" }],
      json: "`{sweepId, parallel, trials}`",
      load: async () => (await import("./commands/sweep-control.ts")).setSweep,
    }),
    defineCommand({
      name: "sweep resume",
      summary: "continue a sweep that has ended or was stopped",
      details:
        "Needs only the record in the store. Trainings that were cancelled continue from their checkpoints; --trials adds more.",
      arguments: { sweep },
      options: {
        trials,
        detach: { flags: "-d, --detach", kind: "switch", description: "print the sweep's id and return; it goes on" },
      },
      examples: [{ line: "convoy sweep resume latest --trials +20", says: "twenty more" }],
      json: result,
      load: async () => (await import("./commands/sweep-control.ts")).resumeSweep,
    }),
    defineCommand({
      name: "sweep stop",
      summary: "ask a sweep to stop, and wait until it has",
      details: "Its trainings store a checkpoint first; `convoy sweep resume` continues from there.",
      arguments: { sweep },
      options: {},
      examples: [{ line: "convoy sweep stop latest", says: "stop it cleanly" }],
      json: "`{sweepId, status}`",
      load: async () => (await import("./commands/sweep-control.ts")).stopSweep,
    }),
  ];
}
