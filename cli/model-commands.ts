import { model, tagChanges } from "./common-arguments.ts";
import type { CommandSpec } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";

const name = { description: "the model's name", required: true } as const;
const alias = { flags: "--alias <name>", kind: "text", default: "champion", description: "which alias" } as const;
const reason = { flags: "--reason <text>", kind: "text", description: "why; kept in the alias' history" } as const;
const moveJson = "the move: `{alias, number, kind, version, movedAt, movedBy, reason}`";

/** The commands of the model registry. */
export const modelCommands: readonly CommandSpec[] = [
  defineCommand({
    name: "models list",
    summary: "list model versions, all or those made from certain data",
    arguments: { name: { description: "only this model's versions", required: false } },
    options: {
      data: {
        flags: "--data <what>",
        kind: "text",
        completes: "file",
        description:
          "only versions made from this: a local file, an image's id, a group, a source's path, or the sha256 of a file, image, source or data set",
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
    summary: "show a version: metrics, signature, files, and the data that it was made from",
    arguments: { model },
    options: {},
    examples: [
      { line: "convoy models show mnist", says: "the champion" },
      {
        line: "convoy models show mnist:3 --json | jq .record.signature",
        says: "which input version 3 takes, and what it returns",
      },
    ],
    json: "`{name, version, createdAt, runId, aliases, tags, accuracy, record, data}`",
    load: async () => (await import("./commands/models-show.ts")).showModel,
  }),
  defineCommand({
    name: "models diff",
    summary: "what differs between two versions: metrics, parameters, data, signature",
    arguments: { a: model, b: { ...model, description: "the other one" } },
    options: {},
    examples: [{ line: "convoy models diff mnist@champion mnist:4", says: "what is new in version 4" }],
    json: "`{a, b, sameContent, metrics: [{name, a, b, delta}], parameters, lineage, signature: [{key, a, b}]}`",
    load: async () => (await import("./commands/models-show.ts")).diffModels,
  }),
  defineCommand({
    name: "models tag",
    summary: "set or remove a version's tags",
    arguments: { model },
    options: {
      ...tagChanges,
    },
    examples: [{ line: "convoy models tag mnist:3 --set approved=yes --remove draft", says: "mark it as approved" }],
    json: "the version's row, as `models list` has it",
    load: async () => (await import("./commands/models-alias.ts")).tagModel,
  }),
  defineCommand({
    name: "models promote",
    summary: "move an alias to a version, if the version passes its gate",
    details:
      "Both versions are tested on the new one's test set, each with its own preprocessing; refused if either was trained on a group of that set. The " +
      "difference in accuracy is judged by a paired bootstrap over groups, also within each of `evaluate.slices` that has enough groups. To overrule the gate, " +
      "use `models alias set` with a reason.",
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
        description: "by how much the accuracy may be lower, 0 to 1",
      },
      reason: { ...reason, description: "in your words, kept beside the gate's numbers" },
    },
    examples: [
      { line: "convoy models promote mnist:4", says: "exit code 0: it is champion; 1: the gate refused, with the numbers" },
    ],
    json: "`{name, version, alias, moved, decision}`",
    load: async () => (await import("./commands/models-promote.ts")).promoteModel,
  }),
  defineCommand({
    name: "models alias set",
    summary: "point an alias at a version, without the gate",
    arguments: { model, alias: { description: "e.g. champion", required: true } },
    options: { reason },
    examples: [{ line: 'convoy models alias set mnist:3 champion --reason "approved by the board"', says: "by hand" }],
    json: moveJson,
    load: async () => (await import("./commands/models-alias.ts")).setAlias,
  }),
  defineCommand({
    name: "models alias rm",
    summary: "remove an alias; its history stays",
    arguments: { name, alias: { description: "e.g. canary", required: true } },
    options: { reason },
    examples: [{ line: 'convoy models alias rm mnist canary --reason "trial is over"', says: "no version is canary any more" }],
    json: moveJson,
    load: async () => (await import("./commands/models-alias.ts")).removeAlias,
  }),
  defineCommand({
    name: "models rollback",
    summary: "move an alias back to the version before",
    details: "Done again, it goes back one version further.",
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
    summary: "which version an alias pointed at, when, by whom and why",
    arguments: { name },
    options: {
      alias: { flags: "--alias <name>", kind: "text", description: "only this alias" },
      at: { flags: "--at <time>", kind: "text", description: "only what each alias pointed at, at this time" },
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
    summary: "write a version to a folder: model card, weights, every format",
    arguments: { model, folder: { description: "a new or empty folder", required: true, completes: "file" } },
    options: {},
    examples: [{ line: "convoy models export mnist@champion ./mnist-champion", says: "`sha256sum -c SHA256SUMS` checks it" }],
    json: "`{name, version, folder, files}`",
    load: async () => (await import("./commands/models-export.ts")).exportModelFiles,
  }),
];
