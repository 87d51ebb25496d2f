import type { CommandSpec } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";

const result =
  "`{sweepId, status, reason, objective, trials: [{number, status, parameters, value, deviation, epochs, executions: [{seed, value, status, runId}]}], " +
  "best: {number, value, parameters}, epochs, winner, metrics, model, error}`";

/** The commands of sweeps. */
export function sweepCommands(): CommandSpec[] {
  return [
    defineCommand({
      name: "sweep",
      summary: "search for good values of a pipeline file, by training",
      details:
        "Reads the file's `sweep`: which keys to search, how, and by which validation metric. The data stages run once; each trial trains with other " +
        "values and is judged by the validation part alone; only the winner is tested, once, and registered. Ctrl-C asks the sweep to stop.",
      arguments: { file: { description: "pipeline file (YAML) with a `sweep`", required: true, completes: "pipeline" } },
      options: {
        set: {
          flags: "--set <key=value>",
          kind: "list",
          completes: "setting",
          description: "override a value of the file (repeatable): sweep.trials=50, train.epochs=3",
        },
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
  ];
}
