import { CommanderError } from "commander";

import { buildProgram } from "./build-program.ts";
import { exitCodes } from "./exit-codes.ts";
import { printError, usageError } from "./print-error.ts";
import type { Services } from "./services.ts";
import type { Terminal } from "./terminal.ts";

interface CliOptions {
  /** Without node and the script. */
  argv: readonly string[];
  terminal: Terminal;
  services: Services;
  version: string;
}

/** Runs one command line to its end. Never throws: whatever goes wrong is printed and becomes an exit code. */
export async function runCli({ argv, terminal, services, version }: CliOptions): Promise<number> {
  const wantsJson = argv.includes("--json");
  const isVerbose = argv.includes("--verbose") || argv.includes("-v");
  if (argv[0] === "__complete") {
    const { complete } = await import("./complete.ts");
    return complete(argv.slice(argv[1] === "--" ? 2 : 1), terminal);
  }
  let code: number = exitCodes.done;
  const program = buildProgram({ terminal, services, version, onExit: (given) => (code = given) });
  if (argv.length === 0) {
    terminal.stderr.write(program.helpInformation());
    return exitCodes.wrong;
  }
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done; // --help, --version
    // No command, or help for one that does not exist: commander has printed what there is, to stderr.
    if (error instanceof CommanderError && error.code === "commander.help") return exitCodes.wrong;
    return printError(error instanceof CommanderError ? usageError(error, argv) : error, { terminal, wantsJson, isVerbose });
  }
}
