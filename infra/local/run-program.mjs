import { spawn } from "node:child_process";
import { childEnvironment } from "./paths.mjs";

const keptBytes = 16_384;
const shownLines = 15;

/** A component could not be installed: which, what failed, and the command that mends it. */
export class InstallError extends Error {
  /** @param {{component: string, problem: string, output?: string, mend: string, cause?: unknown}} details */
  constructor({ component, problem, output, mend, cause }) {
    const tail = output?.trimEnd().split("\n").slice(-shownLines).join("\n  ");
    const summary = `${component}: ${problem}${tail ? `\n  ${tail}` : ""}`;
    super(`${summary}\n\nhint: ${mend}`, { cause });
    this.summary = summary;
    this.mend = mend;
    this.name = "InstallError";
    this.component = component;
    this.problem = problem;
    this.output = output;
  }
}

/**
 * Runs a program to its end and keeps the last 16 KB of what it says.
 * @param {{cwd?: string, env?: Record<string, string>, timeoutMs?: number, signal?: AbortSignal}} options `env` is added to ours
 * @returns {Promise<{code: number, stdout: string, output: string}>} code 127 when the program is not there, 124 after the timeout
 */
export function runProgram(program, args, { cwd, env, timeoutMs, signal } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env: childEnvironment(env), signal, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let output = "";
    let timedOut = false;
    const timer = timeoutMs && setTimeout(() => ((timedOut = true), child.kill("SIGKILL")), timeoutMs);
    const keep = (text) => (output = (output + text).slice(-keptBytes));
    child.stdout.setEncoding("utf8").on("data", (text) => ((stdout = (stdout + text).slice(-keptBytes)), keep(text)));
    child.stderr.setEncoding("utf8").on("data", keep);
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ code: error.code === "ENOENT" ? 127 : 126, stdout, output: `${output}${error.message}` });
    });
    child.on("close", (code, killedBy) => {
      clearTimeout(timer);
      if (timedOut) output += `\n${program} was stopped after ${timeoutMs / 1000} s`;
      else if (killedBy) output += `\n${program} was ended by ${killedBy}`;
      resolve({ code: timedOut ? 124 : (code ?? 1), stdout, output });
    });
  });
}
