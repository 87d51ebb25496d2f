import type { ArgumentSpec, OptionSpec, OptionSpecs } from "./define-command.ts";

/** Arguments and options that several commands take, each worded once. */

export const run = {
  description: "run id, a unique beginning of one, or `latest`",
  required: true,
  completes: "run",
} as const satisfies ArgumentSpec;

export const pipelineFile = {
  description: "pipeline file (YAML)",
  required: true,
  completes: "pipeline",
} as const satisfies ArgumentSpec;

export const model = {
  description: "NAME, NAME@ALIAS or NAME:VERSION; a bare name means its champion, else its newest",
  required: true,
} as const satisfies ArgumentSpec;

/** Changes a value of the pipeline file. */
export const setting = {
  flags: "--set <key=value>",
  kind: "list",
  completes: "setting",
  description: "as in `run` (repeatable)",
} as const satisfies OptionSpec;

/** Tags of a run or a model. */
export const tagChanges = {
  set: { flags: "--set <key=value>", kind: "list", description: "set a tag (repeatable)" },
  remove: { flags: "--remove <key>", kind: "list", description: "remove a tag (repeatable)" },
} as const satisfies OptionSpecs;
