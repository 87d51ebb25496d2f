import type { CommandSpec } from "./define-command.ts";
import { defineCommand } from "./define-command.ts";

/** Commands that keep the store in order. */
export const houseCommands: readonly CommandSpec[] = [
  defineCommand({
    name: "du",
    summary: "what takes up space in the store",
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
      "Works in two passes: the first marks what has not been referred to for a week; the next, at least a day later, deletes what is still unused. Runs " +
      "that start in between are safe. Runs, sweeps, model versions with the runs that made them, and all that these refer to are kept.",
    arguments: {},
    options: {
      dryRun: { flags: "--dry-run", kind: "switch", description: "say what would be done, and do nothing" },
      keepRunsDays: {
        flags: "--keep-runs-days <days>",
        kind: "count",
        description:
          "also delete runs that ended longer ago than this, except those tagged `keep` and those that made a model version (default: $CONVOY_KEEP_RUNS_DAYS, else none is deleted)",
      },
    },
    examples: [
      { line: "convoy gc --dry-run", says: "what would be deleted and marked" },
      { line: "convoy gc --keep-runs-days 90", says: "also delete runs older than three months" },
    ],
    json: "`{dryRun, deleted: {objects, bytes, runs, ledgerEntries}, marked: {objects, bytes}, deletableFrom}`",
    load: async () => (await import("./commands/gc.ts")).collectGarbage,
  }),
  defineCommand({
    name: "erase",
    summary: "erase a group, such as a patient: its images and everything that shows them",
    details:
      "Deletes the source files, tables and shards that hold the group's images (also whole archives and tables), and what runs made of them: data checks, splits, " +
      "reports, predictions, logs. Runs stay listed and models keep their weights; the command lists those that were trained on the group. Without --yes it only says what it would do.",
    arguments: {},
    options: {
      group: {
        flags: "--group <id>",
        kind: "text",
        description: "the group's name, as in the data set's group column or as its group expression gives it",
      },
      yes: { flags: "--yes", kind: "switch", description: "really erase; this cannot be undone" },
    },
    examples: [
      { line: "convoy erase --group patient-17", says: "what would be deleted, and which models were trained on it" },
      { line: "convoy erase --group patient-17 --yes", says: "erase it" },
    ],
    json: "`{group, erased, images, objects, bytes, ledgerEntries, runs, sources, models: [{name, version, parts}]}`",
    load: async () => (await import("./commands/erase.ts")).eraseGroup,
  }),
];
