import { model, tagChanges } from "./common-arguments.ts";
import type { CommandSpec } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";

const name = { description: "the model's name", required: true } as const;
const alias = { flags: "--alias <name>", kind: "text", default: "champion", description: "which alias" } as const;
const reason = { flags: "--reason <text>", kind: "text", description: "why; kept for ever" } as const;
const moveJson = "the move: `{alias, number, kind, version, movedAt, movedBy, reason}`";

/** The commands of the model registry. */
export const modelCommands: readonly CommandSpec[] = [
  defineCommand({
    name: "models list",
    summary: "list model versions, or those that came from some data",
    arguments: { name: { description: "only this model's versions", required: false } },
    options: {
      data: {
        flags: "--data <what>",
        kind: "text",
        completes: "file",
        description:
          "only versions made from this: a file here, an image's id, a group, a source's path, or the sha256 of a file, image, source or data set",
      },
    },
    examples: [
      { line: "convoy models list", says: "everything that was registered" },
      { line: "convoy models list --data patient-17", says: "which models have seen this patient's images" },
      { line: "convoy models list skin --data ./bad.jpg --json", says: "which of one model's versions came from this file" },
    ],
    json: "`[{name, version, createdAt, runId, aliases, tags, accuracy}]`; with `--data` `{rows, unknown}`, each row with `data: {as, parts: {train, validation, test}}`",
    load: async () => (await import("./commands/models-list.ts")).listModels,
  }),
  defineCommand({
    name: "models show",
    summary: "a version: metrics, signature, files, and the data that made it",
    arguments: { model },
    options: {},
    examples: [
      { line: "convoy models show mnist", says: "the champion" },
      { line: "convoy models show mnist:3 --json | jq .record.signature", says: "what version 3 takes and gives" },
    ],
    json: "`{name, version, createdAt, runId, aliases, tags, accuracy, record, data}`",
    load: async () => (await import("./commands/models-show.ts")).showModel,
  }),
  defineCommand({
    name: "models diff",
    summary: "what parts two versions: metrics, parameters, data, signature",
    arguments: { a: model, b: { ...model, description: "the other one" } },
    options: {},
    examples: [{ line: "convoy models diff mnist@champion mnist:4", says: "what is new in version 4" }],
    json: "`{a, b, sameContent, metrics: [{name, a, b, delta}], parameters, lineage, signature: [{key, a, b}]}`",
    load: async () => (await import("./commands/models-show.ts")).diffModels,
  }),
  defineCommand({
    name: "models tag",
    summary: "set or remove tags of a version",
    arguments: { model },
    options: {
      ...tagChanges,
    },
    examples: [{ line: "convoy models tag mnist:3 --set approved=yes --remove draft", says: "say what is known of it" }],
    json: "the version's row, as `models list` has it",
    load: async () => (await import("./commands/models-alias.ts")).tagModel,
  }),
  defineCommand({
    name: "models promote",
    summary: "let a version take over an alias, if its gate lets it",
    details:
      "Champion and challenger are put before the challenger's test set, each with its own preprocessing: refused where a group of it has trained either of them. " +
      "The difference in accuracy is judged by a paired bootstrap of groups, and in each of `evaluate.slices` with enough groups by itself. To overrule the gate: " +
      "models alias set, with a reason.",
    arguments: { model },
    options: {
      alias,
      gate: {
        flags: "--gate <name>",
        kind: "text",
        choices: ["nonInferior", "superior"],
        description: "nonInferior (default): not worse by more than the margin; superior: better",
      },
      margin: {
        flags: "--margin <share>",
        kind: "text",
        default: "0.02",
        description: "how much lower accuracy is tolerated, 0 to 1",
      },
      reason: { ...reason, description: "in your words, beside what the gate says; kept for ever" },
    },
    examples: [
      { line: "convoy models promote mnist:4", says: "exit code 0: it is champion; 1: the gate refused, with the numbers" },
    ],
    json: "`{name, version, alias, moved, decision}`",
    load: async () => (await import("./commands/models-promote.ts")).promoteModel,
  }),
  defineCommand({
    name: "models alias set",
    summary: "point an alias to a version, past its gate",
    arguments: { model, alias: { description: "e.g. champion", required: true } },
    options: { reason },
    examples: [{ line: 'convoy models alias set mnist:3 champion --reason "approved by the board"', says: "by hand" }],
    json: moveJson,
    load: async () => (await import("./commands/models-alias.ts")).setAlias,
  }),
  defineCommand({
    name: "models alias rm",
    summary: "take an alias away; its history stays",
    arguments: { name, alias: { description: "e.g. canary", required: true } },
    options: { reason },
    examples: [{ line: 'convoy models alias rm mnist canary --reason "trial is over"', says: "nothing is canary any more" }],
    json: moveJson,
    load: async () => (await import("./commands/models-alias.ts")).removeAlias,
  }),
  defineCommand({
    name: "models rollback",
    summary: "take an alias back to the version before",
    details: "Once more goes one further back, not forth again.",
    arguments: { name },
    options: { alias, reason },
    examples: [
      { line: 'convoy models rollback mnist --reason "fails on scans from site B"', says: "the champion before this one" },
    ],
    json: moveJson,
    load: async () => (await import("./commands/models-alias.ts")).rollBack,
  }),
  defineCommand({
    name: "models history",
    summary: "which version was what, when, by whom and why",
    arguments: { name },
    options: {
      alias: { flags: "--alias <name>", kind: "text", description: "only this alias" },
      at: { flags: "--at <time>", kind: "text", description: "only where each alias pointed at this moment" },
    },
    examples: [
      { line: "convoy models history mnist", says: "every move of every alias" },
      { line: "convoy models history mnist --at 2026-01-31", says: "which version was in production that day" },
    ],
    json: "`{name, moves, spans: [{alias, version, from, until}]}`; with `--at` `[{alias, version}]`",
    load: async () => (await import("./commands/models-history.ts")).showHistory,
  }),
  defineCommand({
    name: "models export",
    summary: "write a version into a folder: card, weights, every format",
    arguments: { model, folder: { description: "a new or empty folder", required: true, completes: "file" } },
    options: {},
    examples: [{ line: "convoy models export mnist@champion ./mnist-champion", says: "`sha256sum -c SHA256SUMS` checks it" }],
    json: "`{name, version, folder, files}`",
    load: async () => (await import("./commands/models-export.ts")).exportModelFiles,
  }),
];
