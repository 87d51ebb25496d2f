import type { CommandSpec } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";

/** Commands that keep the store in order. */
export const houseCommands: readonly CommandSpec[] = [
  defineCommand({
    name: "du",
    summary: "what the store holds, by what it is for",
    arguments: {},
    options: {},
    examples: [{ line: "convoy du", says: "largest first; `unused` is what `convoy gc` would free" }],
    json: "`[{what, objects, bytes}]`",
    load: async () => (await import("./commands/du.ts")).showUsage,
  }),
  defineCommand({
    name: "gc",
    summary: "delete what nothing refers to any more",
    details:
      "Works in two passes: what nothing has referred to for a week is marked, and the next collection, a day later at the earliest, deletes what is still " +
      "unused. Runs that start meanwhile are safe. Kept are runs, model versions with the runs that made them, sweeps, and all that these refer to.",
    arguments: {},
    options: {
      dryRun: { flags: "--dry-run", kind: "switch", description: "only say what would happen" },
      keepRunsDays: {
        flags: "--keep-runs-days <days>",
        kind: "count",
        description:
          "runs that ended longer ago are deleted, unless tagged `keep` or the maker of a model version (default: $CONVOY_KEEP_RUNS_DAYS, else all stay)",
      },
    },
    examples: [
      { line: "convoy gc --dry-run", says: "what would be deleted and marked" },
      { line: "convoy gc --keep-runs-days 90", says: "let go of runs older than three months" },
    ],
    json: "`{dryRun, deleted: {objects, bytes, runs, ledgerEntries}, marked: {objects, bytes}, deletableFrom}`",
    load: async () => (await import("./commands/gc.ts")).collectGarbage,
  }),
  defineCommand({
    name: "erase",
    summary: "make the store forget a group: a patient's images and all that shows them",
    details:
      "Deletes the source files, tables and shards that hold the group's images (whole archives and tables among them), and what runs made of them: data checks, splits, " +
      "reports, predictions, logs. Runs stay listed and models keep their weights; it says which were trained on the group. Without --yes it only tells what it would do.",
    arguments: {},
    options: {
      group: {
        flags: "--group <id>",
        kind: "text",
        description: "the group, as the data set's group column or expression has it",
      },
      yes: { flags: "--yes", kind: "switch", description: "do it; it cannot be taken back" },
    },
    examples: [
      { line: "convoy erase --group patient-17", says: "what would go, and which models were trained on it" },
      { line: "convoy erase --group patient-17 --yes", says: "erase it" },
    ],
    json: "`{group, erased, images, objects, bytes, ledgerEntries, runs, sources, models: [{name, version, parts}]}`",
    load: async () => (await import("./commands/erase.ts")).eraseGroup,
  }),
];
