import { run } from "./common-arguments.ts";
import type { CommandSpec } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";

/** Commands that hold a run up and let it go on. */
export function pauseCommands(): CommandSpec[] {
  return [
    defineCommand({
      name: "pause",
      summary: "pause a run, for as long as you like",
      details:
        "Training stops as soon as it has stored a checkpoint; a data stage stops within seconds and starts over later. Meanwhile the run uses no " +
        "processor, memory or GPU. A paused run never times out, and `convoy stop` ends it like any other.",
      arguments: { run },
      options: {},
      examples: [{ line: "convoy pause latest", says: "free the machine; no epoch is lost" }],
      json: "`{runId, status, stages}`",
      load: async () => (await import("./commands/pause.ts")).pauseRun,
    }),
    defineCommand({
      name: "resume",
      summary: "resume a paused run, or move its training to other GPU workers",
      details:
        "Training continues from its checkpoint and, on the same kind of machine, ends with the very same bits as without the pause. With --gpu, training " +
        "moves to workers of another class (those started with CONVOY_GPU_CLASS), whether it was paused or not; later stages run on class `default` again.",
      arguments: { run },
      options: {
        gpu: { flags: "--gpu <class>", kind: "text", description: "class of the GPU workers that continue the training" },
      },
      examples: [
        { line: "convoy resume latest", says: "continue where it was paused" },
        { line: "convoy resume latest --gpu large", says: "continue the training on workers of class `large`" },
      ],
      json: "`{runId, status, stages}`; with `--gpu` also `gpu`",
      load: async () => (await import("./commands/resume.ts")).resumeRun,
    }),
  ];
}
