import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository this file belongs to, be it run from its source or from a build below `dist/`. */
export const projectFolder = projectAbove(fileURLToPath(import.meta.url));

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Another checkout's launcher. */
  convoy?: string;
}

/** Starts `./convoy` as a person would, without a terminal. */
export function startConvoy(
  args: readonly string[],
  options: CliOptions = {},
): { child: ChildProcess; result: Promise<CliResult> } {
  const child = spawn(options.convoy ?? join(projectFolder, "convoy"), args, {
    cwd: options.cwd ?? projectFolder,
    env: { ...process.env, NO_COLOR: "1", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  const result = new Promise<CliResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
  });
  return { child, result };
}

/** The id of the run that a command's progress speaks of, "" before it does. */
export function runIdIn(progress: string): string {
  return /\brun ([0-9a-z]{12})\b/.exec(progress)?.[1] ?? "";
}

export async function convoy(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startConvoy(args, options).result;
}

/** Runs a command with `--json` and parses the one document on stdout; the message of a failure shows what was printed. */
export async function convoyJson<T>(args: readonly string[], options: CliOptions & { expectCode?: number } = {}): Promise<T> {
  const { code, stdout, stderr } = await convoy([...args, "--json"], options);
  if (code !== (options.expectCode ?? 0)) throw new Error(`convoy ${args.join(" ")} ended with ${code}\n${stderr}\n${stdout}`);
  return JSON.parse(stdout) as T;
}

/** What `convoy run --json` prints. */
export interface RunOutcome {
  runId: string;
  status: string;
  stages: { name: string; status: string; seconds: number; attempts: number }[];
  metrics: {
    train: { loss: number; accuracy: number };
    validation: { loss: number; accuracy: number } | null;
    test: { loss: number; accuracy: number };
  };
  model: { name: string; version: number };
  report: string;
  seed: number;
}

/** Status by stage, e.g. `{ingest: "ran", …}`. */
export function stageStatuses(outcome: RunOutcome): Record<string, string> {
  return Object.fromEntries(outcome.stages.map(({ name, status }) => [name, status]));
}

function projectAbove(path: string): string {
  const folder = dirname(path);
  return existsSync(join(folder, "tsconfig.build.json")) ? folder : projectAbove(folder);
}
