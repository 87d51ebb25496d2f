import { run } from "./common-arguments.ts";
import type { CommandSpec } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";

/** Commands that hold a run up and let it go on. */
export function pauseCommands(): CommandSpec[] {
  return [
    defineCommand({
      name: "pause",
      summary: "hold a run up, for as long as you like",
      details:
        "Whatever it is doing stops: a training once it has stored a checkpoint, a data stage once it notices (seconds), to be begun anew. The " +
        "processor, memory and GPU it had are free meanwhile. Nothing times out; `convoy stop` ends a paused run as any other.",
      arguments: { run },
      options: {},
      examples: [{ line: "convoy pause latest", says: "free the machine; no epoch is lost" }],
      json: "`{runId, status, stages}`",
      load: async () => (await import("./commands/pause.ts")).pauseRun,
    }),
    defineCommand({
      name: "resume",
      summary: "let a paused run go on, or move its training to other gpu workers",
      details:
        "Training goes on from its checkpoint and ends with the bits it would have had on the same kind of machine. With --gpu the training is given " +
        "to workers of another class (started with CONVOY_GPU_CLASS), whether it was paused or not; stages after it run on class `default` again.",
      arguments: { run },
      options: {
        gpu: { flags: "--gpu <class>", kind: "text", description: "class of gpu workers that go on with the training" },
      },
      examples: [
        { line: "convoy resume latest", says: "go on where it was paused" },
        { line: "convoy resume latest --gpu large", says: "go on with the training on workers of class `large`" },
      ],
      json: "`{runId, status, stages}`; with `--gpu` also `gpu`",
      load: async () => (await import("./commands/resume.ts")).resumeRun,
    }),
  ];
}
