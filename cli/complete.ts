import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";

import { Option } from "commander";

import { commandGroups, commands, commonOptions } from "./command-table.ts";
import type { CommandSpec, Completes, OptionSpec } from "./define-command.ts";
import { findCommand } from "./define-command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

interface Candidate {
  value: string;
  says?: string;
}

/** What Tab offers where the shell should look for files itself. */
const files: Candidate = { value: ":files" };

/** Prints what may stand in place of the last word: a line each, value and description parted by a tab. Starts nothing, asks no server. */
export async function complete(words: readonly string[], terminal: Terminal): Promise<number> {
  const candidates = await candidatesFor(words, terminal.folder);
  const current = words.at(-1) ?? "";
  const fitting = candidates.filter(({ value }) => value === files.value || value.startsWith(current));
  terminal.stdout.write(fitting.map(({ value, says }) => `${value}\t${says ?? ""}`.trimEnd() + "\n").join(""));
  return exitCodes.done;
}

async function candidatesFor(words: readonly string[], folder: string): Promise<Candidate[]> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? "";
  const { spec, after = [] } = findCommand(commands, before) ?? {};
  const options = [...(spec ? Object.values(spec.options) : []), ...Object.values(commonOptions)];
  const pending = options.find((option) => takesValue(option) && namesOf(option).includes(before.at(-1) ?? ""));
  if (pending) return valuesOf(pending, folder, current);
  const attached = /^(--[a-z-]+=)(.*)$/.exec(current);
  const owner =
    attached && options.find((option) => takesValue(option) && namesOf(option).includes(attached[1]?.slice(0, -1) ?? ""));
  if (owner)
    return (await valuesOf(owner, folder, attached[2] ?? "")).map((candidate) => ({
      ...candidate,
      value: `${attached[1]}${candidate.value}`,
    }));
  if (current.startsWith("-")) return optionCandidates(options);
  if (!spec) return nameCandidates(before.filter((word) => Object.hasOwn(commandGroups, word)));
  return argumentCandidates(spec, { options, after, folder, current });
}

/** Names of commands: the next words of those within some groups, or the first words of all. */
function nameCandidates(groups: readonly string[]): Candidate[] {
  const own = commands.map(({ name, summary }) => ({ words: name.split(" "), summary }));
  const within = own.filter(({ words }) => groups.every((group, index) => words[index] === group));
  const candidates = within.map(({ words, summary }) => {
    const value = words[groups.length] ?? "";
    return { value, says: words.length > groups.length + 1 ? (commandGroups[value] ?? summary) : summary };
  });
  return candidates.filter(({ value }, index) => candidates.findIndex((other) => other.value === value) === index);
}

function optionCandidates(options: readonly OptionSpec[]): Candidate[] {
  const own = options.map((option) => ({ value: namesOf(option).at(-1) ?? "", says: option.description }));
  return [...own, { value: "--no-color", says: "no color" }, { value: "--help", says: "help for this command" }];
}

async function argumentCandidates(
  spec: CommandSpec,
  {
    options,
    after,
    folder,
    current,
  }: { options: readonly OptionSpec[]; after: readonly string[]; folder: string; current: string },
): Promise<Candidate[]> {
  const given = after.filter((word, index) => {
    const owner = options.find((option) => namesOf(option).includes(after[index - 1] ?? ""));
    return !word.startsWith("-") && !(owner && takesValue(owner));
  });
  const specs = Object.values(spec.arguments);
  const argument = specs[given.length] ?? (specs.at(-1)?.variadic ? specs.at(-1) : undefined);
  if (!argument) return optionCandidates(options);
  if (argument.choices) return argument.choices.map((value) => ({ value }));
  return argument.completes ? completions(argument.completes, folder, current) : [];
}

async function valuesOf(option: OptionSpec, folder: string, current: string): Promise<Candidate[]> {
  if (option.choices) return option.choices.map((value) => ({ value }));
  return option.completes ? completions(option.completes, folder, current) : [];
}

async function completions(kind: Completes, folder: string, current: string): Promise<Candidate[]> {
  switch (kind) {
    case "run": {
      const { recentRuns } = await import("./recent-runs.ts");
      return [{ value: "latest", says: "the newest run" }, ...(await recentRuns(undefined)).map((value) => ({ value }))];
    }
    case "pipeline":
      return [...(await pipelineFiles(folder, current)), files];
    case "setting": {
      const { settingKeys } = await import("../client/setting-keys.ts");
      return settingKeys();
    }
    case "file":
      return [files];
  }
}

/** Pipeline files near what is typed so far, and in `pipelines/`. */
async function pipelineFiles(folder: string, current: string): Promise<Candidate[]> {
  const typed = current.includes("/") ? `${dirname(current)}/` : "";
  const found: Candidate[] = [];
  for (const below of new Set([typed, ...(typed === "" ? ["pipelines/"] : [])])) {
    const names = await readdir(join(folder, below)).catch(() => []); // a folder that is not there offers nothing
    for (const name of names) if (/\.ya?ml$/.test(name)) found.push({ value: `${below}${name}`, says: "pipeline" });
  }
  return found;
}

function takesValue(option: OptionSpec): boolean {
  return option.kind !== "switch";
}

function namesOf(option: OptionSpec): string[] {
  const { short, long } = new Option(option.flags);
  return [short, long].filter((name) => name !== undefined);
}
