import type { CommanderError } from "commander";

import { ArtifactCorrupt, InvalidConfiguration, PipelineError, TrainerCrashed } from "../ml/errors.ts";
import { UnknownRun, Unavailable } from "../client/types.ts";
import { isOwnMistake } from "../stack/own-mistake.ts";
import { commandGroups, commands } from "./command-table.ts";
import { findCommand } from "./define-command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

/** Thrown when the request itself was wrong: exit 2. */
export class WrongRequest extends Error {
  override name = "WrongRequest";
  readonly hint: string | undefined;
  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** Thrown by a command that has said why already and only has its exit code left. */
export class Leave extends Error {
  override name = "Leave";
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** By name, because their classes come with the S3 and Temporal clients, which an error message need not load. */
const outages: ReadonlySet<string> = new Set(["StorageFailed", "ServiceError", "InstallError"]);

/** What is printed of an error, and for programs under `--json`. */
interface ErrorReport {
  type: string;
  message: string;
  hint: string | undefined;
  /** Already laid out for people, e.g. with carets; replaces the message there. */
  rendered?: (colors: Terminal["stderr"]["colors"]) => string;
  details?: Record<string, unknown>;
  code: number;
}

/**
 * Prints an error on stderr, and under `--json` as `{error}` on stdout.
 *
 * @returns the exit code it stands for
 */
export function printError(
  error: unknown,
  { terminal, wantsJson, isVerbose }: { terminal: Terminal; wantsJson: boolean; isVerbose: boolean },
): number {
  if (error instanceof Leave) return error.code;
  const report = reportOf(error);
  const { colors } = terminal.stderr;
  const body = report.rendered?.(colors) ?? `${colors.red(colors.bold("error:"))} ${report.message}`;
  const hint = report.hint ? `\n\n${colors.cyan("hint:")} ${report.hint}` : "";
  const stack = isVerbose && error instanceof Error && error.stack ? `\n\n${colors.dim(withCauses(error))}` : "";
  terminal.stderr.write(`${body}${hint}${stack}\n`);
  if (wantsJson) {
    const { type, message, details } = report;
    terminal.stdout.write(`${JSON.stringify({ error: { type, message, hint: report.hint ?? null, ...details } })}\n`);
  }
  return report.code;
}

function reportOf(error: unknown): ErrorReport {
  if (error instanceof Unavailable)
    return { type: error.name, message: error.message, hint: error.hint, code: exitCodes.missing };
  if (error instanceof WrongRequest) return { type: error.name, message: error.message, hint: error.hint, code: exitCodes.wrong };
  if (error instanceof UnknownRun) return { type: error.name, message: error.message, hint: undefined, code: exitCodes.wrong };
  if (error instanceof InvalidConfiguration) return configurationReport(error);
  // Nobody asked wrongly: a process died, or stored bytes are damaged.
  if (error instanceof TrainerCrashed || error instanceof ArtifactCorrupt)
    return { type: error.name, message: error.message, hint: undefined, code: exitCodes.failed };
  // Before there is a run, an error of the pipeline's is about what was asked for, e.g. a dataset path that holds nothing.
  if (error instanceof PipelineError) return { type: error.name, message: error.message, hint: undefined, code: exitCodes.wrong };
  if (error instanceof Error && outages.has(error.name))
    return { type: error.name, message: error.message, hint: "`convoy doctor` says what is missing", code: exitCodes.missing };
  return unforeseenReport(error);
}

function unforeseenReport(error: unknown): ErrorReport {
  if (!(error instanceof Error)) return { type: "Error", message: String(error), hint: undefined, code: exitCodes.failed };
  const hint = isOwnMistake(error) ? "a mistake of convoy's own: report it, with what --verbose prints besides" : undefined;
  return { type: error.name, message: error.message || error.name, hint, code: exitCodes.failed };
}

/** Mistakes of a pipeline file know how to show themselves; this file need not import yaml and zod for it. */
function configurationReport(error: InvalidConfiguration): ErrorReport {
  const report: ErrorReport = { type: error.name, message: error.message, hint: undefined, code: exitCodes.wrong };
  if (!("mistakes" in error && "render" in error && typeof error.render === "function")) return report;
  const render = error.render.bind(error) as (colors: Terminal["stderr"]["colors"]) => string;
  return { ...report, rendered: render, details: { mistakes: error.mistakes } };
}

/** commander's complaint as one of ours: without its own prefix, with where to read on. */
export function usageError(error: CommanderError, argv: readonly string[]): WrongRequest {
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const suggestion = rest.join(" ").trim().replace(/^\(/, "").replace(/\)$/, "");
  const command = findCommand(commands, argv)?.spec.name ?? argv.find((word) => Object.hasOwn(commandGroups, word));
  const help = command === undefined ? "convoy --help" : `convoy ${command} --help`;
  return new WrongRequest(first, suggestion ? `${suggestion} (see ${help})` : `see ${help}`, { cause: error });
}

function withCauses(error: Error): string {
  const text = error.stack ?? error.message;
  return error.cause instanceof Error ? `${text}\ncaused by ${withCauses(error.cause)}` : text;
}
