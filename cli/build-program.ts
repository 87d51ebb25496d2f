import { Argument, Command, InvalidArgumentError, Option } from "commander";

import { commandGroups, commands, commonOptions } from "./command-table.ts";
import type { ArgumentSpec, Call, CommandSpec, CommonOptions, OptionSpec } from "./define-command.ts";
import type { Services } from "./services.ts";
import type { Terminal } from "./terminal.ts";

const description = "Durable, distributed image-model pipelines: from a folder of pictures to a registered, reproducible model.";

const exitCodesHelp = [
  "0 done",
  "1 the run failed",
  "2 the request was wrong",
  "3 something is missing or unreachable",
  "4 the run waits for an operator",
  "5 it was cancelled",
  "130 interrupted",
];

interface Given {
  terminal: Terminal;
  services: Services;
  version: string;
  /** Told the exit code of the command that ran. */
  onExit: (code: number) => void;
}

/** commander's program for the command table. It throws CommanderError instead of leaving the process. */
export function buildProgram(given: Given): Command {
  const { terminal, version } = given;
  const program = new Command("convoy");
  program.description(description).version(version, "-V, --version", "print the version");
  // Settings made before `.command()` are inherited by the commands.
  program.exitOverride().configureOutput({
    writeOut: (text) => terminal.stdout.write(text),
    writeErr: (text) => terminal.stderr.write(text),
    outputError: () => {}, // printed by run-cli.ts, like every other error
    getOutHelpWidth: () => helpWidth(terminal.stdout.columns),
    getErrHelpWidth: () => helpWidth(terminal.stderr.columns),
    getOutHasColors: () => terminal.stdout.colors.isColorSupported,
    getErrHasColors: () => terminal.stderr.colors.isColorSupported,
  });
  program.configureHelp({
    showGlobalOptions: true,
    minWidthToWrap: 12,
    styleTitle: (title) => terminal.stdout.colors.bold(title),
  });
  program.helpCommand("help [command]", "help for a command");
  for (const option of Object.values(commonOptions)) program.addOption(commanderOption(option));
  program.addOption(new Option("--no-color", "no color (also: NO_COLOR=1)"));
  for (const spec of commands) addCommand(program, spec, given);
  program.addHelpText("after", () => programFooter(terminal));
  return program;
}

function addCommand(program: Command, spec: CommandSpec, given: Given): void {
  const words = spec.name.split(" ");
  const parent = words.slice(0, -1).reduce(groupBelow, program);
  const command = parent.command(words.at(-1) ?? "").summary(spec.summary);
  command.description([capitalized(spec.summary) + ".", spec.details].filter(Boolean).join("\n\n"));
  for (const [name, argument] of Object.entries(spec.arguments)) command.addArgument(commanderArgument(name, argument));
  for (const option of Object.values(spec.options)) command.addOption(commanderOption(option));
  command.addHelpText("after", () => examples(spec, given.terminal));
  command.action(async () => {
    const run = (await spec.load()) as (call: Call) => Promise<number>; // defineCommand checked that they fit
    given.onExit(await run(callOf(command, spec, given)));
  });
}

/** The command that only holds others: `schedule` of `schedule create`. Alone it prints what there is. */
function groupBelow(parent: Command, name: string): Command {
  const known = parent.commands.find((command) => command.name() === name);
  if (known) return known;
  const summary = commandGroups[name] ?? "";
  return parent
    .command(name)
    .summary(summary)
    .description(`${capitalized(summary)}.`);
}

function callOf(command: Command, spec: CommandSpec, { terminal, services }: Given): Call {
  const values: Record<string, unknown> = command.optsWithGlobals();
  return {
    arguments: Object.fromEntries(Object.keys(spec.arguments).map((name, index) => [name, command.processedArgs[index]])),
    options: Object.fromEntries(Object.entries(spec.options).map(([key, option]) => [key, valueOf(option, values)])),
    common: Object.fromEntries(
      Object.entries(commonOptions).map(([key, option]) => [key, valueOf(option, values)]),
    ) as unknown as CommonOptions, // one entry an option of commonOptions, of the kind that stands there
    terminal,
    services,
  };
}

function valueOf(spec: OptionSpec, values: Record<string, unknown>): unknown {
  const value = values[new Option(spec.flags).attributeName()];
  if (spec.kind === "switch") return value === true;
  return value ?? (spec.kind === "list" ? [] : undefined);
}

function commanderOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.description);
  if (spec.default !== undefined) option.default(spec.default);
  if (spec.choices) option.choices([...spec.choices]);
  if (spec.kind === "count") option.argParser(count);
  if (spec.kind === "list") option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  return option;
}

function commanderArgument(name: string, spec: ArgumentSpec): Argument {
  const shown = spec.variadic ? `${name}...` : name;
  const argument = new Argument(spec.required ? `<${shown}>` : `[${shown}]`, spec.description);
  return spec.choices ? argument.choices([...spec.choices]) : argument;
}

function count(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number from 1 on.");
}

function examples(spec: CommandSpec, { stdout }: Terminal): string {
  const lines = spec.examples.map(({ line, says }) => `  ${stdout.colors.dim(`# ${says}`)}\n  ${line}`);
  return `\n${stdout.colors.bold("Examples:")}\n${lines.join("\n")}\n`;
}

function programFooter({ stdout }: Terminal): string {
  const { bold, dim } = stdout.colors;
  return [
    "",
    bold("Examples:"),
    `  ${dim("# first run: starts everything it needs")}`,
    "  convoy run pipelines/mnist.yaml",
    `  ${dim("# what came out of it")}`,
    "  convoy open latest",
    "",
    `${bold("Exit codes:")}\n  ${exitCodesHelp.join("\n  ")}`,
    "",
  ].join("\n");
}

function helpWidth(columns: number): number {
  return Math.max(40, Math.min(columns, 120));
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
