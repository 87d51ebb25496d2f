import { commands, commonOptions } from "./command-table.ts";
import type { CommandSpec, OptionSpec } from "./define-command.ts";

const exitCodesTable = `| Code | Means |
|---|---|
| 0 | done |
| 1 | the run failed, or was terminated |
| 2 | the request was wrong: a bad file, a bad option, an unknown run |
| 3 | something needed is missing or unreachable |
| 4 | the run waits for an operator |
| 5 | the run was cancelled |
| 130 | interrupted by Ctrl-C |`;

const introduction = `Data goes to stdout, everything else (progress, messages, errors) to stderr. Piped, tables are tab-separated without a header and
with exact values. Color and animation only on a terminal: \`NO_COLOR\` and \`--no-color\` switch them off, \`FORCE_COLOR\` switches color on,
\`CI\` and \`TERM=dumb\` switch animation off. A reader that closes the pipe is no error.

A run is named by its id, by a unique beginning of it, or by \`latest\`.

Under \`--json\` a request that fails prints \`{"error": {type, message, hint}}\`; mistakes of a pipeline file come as \`error.mistakes\`, each
with \`path\`, \`line\`, \`column\` and \`hint\`. \`validation\` is null where a run has no validation part.`;

/** `docs/commands.md`: made of the table that also drives help and completion. */
export function commandsPage(): string {
  return (
    [
      "# Commands",
      "<!-- Made of cli/command-table.ts: `npx vitest run tests/cli/commands-page.test.ts -u` writes it anew. -->",
      introduction,
      `| Command | |\n|---|---|\n${commands.map(({ name, summary }) => `| [\`convoy ${name}\`](#convoy-${name.replaceAll(" ", "-")}) | ${summary} |`).join("\n")}`,
      "## Exit codes",
      exitCodesTable,
      "## Options of every command",
      optionsTable(Object.values(commonOptions)),
      ...commands.flatMap(commandSection),
      "",
    ]
      .join("\n\n")
      .trimEnd() + "\n"
  );
}

function commandSection(spec: CommandSpec): string[] {
  const given = Object.entries(spec.arguments);
  const usage = given.map(([name, { required, variadic }]) => {
    const shown = variadic ? `${name}...` : name;
    return required ? `<${shown}>` : `[${shown}]`;
  });
  const options = Object.values(spec.options);
  return [
    `## convoy ${spec.name}`,
    `\`convoy ${[spec.name, ...usage].join(" ")}\`: ${spec.summary}.`,
    ...(spec.details ? [spec.details] : []),
    ...(given.length > 0 ? [given.map(([name, { description }]) => `- \`${name}\`: ${description}`).join("\n")] : []),
    ...(options.length > 0 ? [optionsTable(options)] : []),
    `\`\`\`console\n${spec.examples.map(({ line, says }) => `# ${says}\n$ ${line}`).join("\n")}\n\`\`\``,
    `\`--json\`: ${spec.json}`,
  ];
}

function optionsTable(options: readonly OptionSpec[]): string {
  const rows = options.map((option) => {
    const choices = option.choices ? ` (${option.choices.join(", ")})` : "";
    const usual = option.default === undefined ? "" : ` (default: ${option.default})`;
    return `| \`${option.flags}\` | ${option.description}${choices}${usual} |`;
  });
  return `| Option | |\n|---|---|\n${rows.join("\n")}`;
}
