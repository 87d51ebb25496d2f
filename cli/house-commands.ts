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
];
