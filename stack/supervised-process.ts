import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import type { ProcessState } from "./stack-state.ts";

export interface LaunchPlan {
  command: string;
  args: readonly string[];
  env: Record<string, string>;
  cwd: string;
  /** Resolves when the process really answers; absent: it is ready once it runs. */
  probe?: () => Promise<void>;
}

export interface SupervisionOptions {
  name: string;
  logFile: string;
  /** Asked before each start, so that ports and addresses may change between. */
  plan: () => Promise<LaunchPlan>;
  /** Between SIGTERM and SIGKILL. */
  graceMs: number;
  /** A process that must come up for the stack to be of use gives up after this many starts without having been ready. */
  maxFirstStarts?: number;
  /** Exit code 0 means that it has nothing left to do, and is not started again. */
  mayDrain?: boolean;
  onChange: () => void;
}

const firstBackoffMs = 500;
const longestBackoffMs = 30_000;
const steadyMs = 60_000;
const readyWithinMs = 60_000;
const probeEveryMs = 100;
const keptLogBytes = 10 << 20;
const lastWordsBytes = 1500;

/** One process that is kept running: started again with growing pauses when it ends, until told to stop. */
export class SupervisedProcess {
  status: ProcessState["status"] = "starting";
  readonly #options: SupervisionOptions;
  #child: ChildProcess | undefined;
  #detail: string | null = null;
  #restarts = 0;
  #failures = 0;
  #wasReady = false;
  #isStopping = false;
  /** Where the log of this start begins. */
  #logStart = 0;
  #running: Promise<void> | undefined;
  #wake = new AbortController();

  constructor(options: SupervisionOptions) {
    this.#options = options;
  }

  get state(): ProcessState {
    const pid = this.#child?.pid ?? null;
    return { name: this.#options.name, status: this.status, pid, restarts: this.#restarts, detail: this.#detail };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the process is gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wake.abort();
    const child = this.#child;
    child?.kill("SIGTERM");
    const timer = setTimeout(() => child?.kill("SIGKILL"), this.#options.graceMs);
    await this.#running;
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      const startedAt = Date.now();
      const ending = await this.#launchOnce().catch((error: unknown) => String(error));
      this.#child = undefined;
      if (this.#isStopping) break;
      if (ending === "exit code 0" && this.#options.mayDrain) return this.#enter("drained", null);
      if (Date.now() - startedAt > steadyMs) this.#failures = 0;
      this.#failures += 1;
      const detail = `${this.#options.name} ended: ${ending}${this.#lastWords()}`;
      const { maxFirstStarts } = this.#options;
      if (maxFirstStarts !== undefined && !this.#wasReady && this.#failures >= maxFirstStarts)
        return this.#enter("failed", detail);
      this.#restarts += 1;
      this.#enter("restarting", detail);
      await this.#pause(Math.min(longestBackoffMs, firstBackoffMs * 2 ** (this.#failures - 1)));
    }
    this.#enter("stopped", null);
  }

  /** @returns how it ended */
  async #launchOnce(): Promise<string> {
    const { command, args, env, cwd, probe } = await this.#options.plan();
    if (this.#isStopping) return "not started";
    const log = openLog(this.#options.logFile);
    this.#logStart = fstatSync(log).size;
    const child = spawn(command, [...args], { env, cwd, stdio: ["ignore", log, log] });
    closeSync(log);
    this.#child = child;
    const ended = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
    this.#enter(this.#restarts === 0 ? "starting" : "restarting", this.#detail);
    const unready = probe ? await this.#awaitReady(probe, ended) : undefined;
    if (unready !== undefined) {
      child.kill("SIGKILL");
      await ended;
      return unready;
    }
    if (this.#isRunning()) {
      this.#wasReady = true;
      this.#enter("ready", null);
    }
    return ended;
  }

  /** @returns why it did not become ready; undefined when it did, or has ended */
  async #awaitReady(probe: () => Promise<void>, ended: Promise<string>): Promise<string | undefined> {
    const deadline = Date.now() + readyWithinMs;
    let reason = "";
    while (this.#isRunning() && !this.#isStopping) {
      if (Date.now() > deadline) return `it did not answer within ${readyWithinMs / 1000} s (${reason})`;
      try {
        await probe();
        return undefined;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error); // not yet; the deadline ends this
        await Promise.race([sleep(probeEveryMs), ended]);
      }
    }
    return undefined;
  }

  #isRunning(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  #enter(status: ProcessState["status"], detail: string | null): void {
    this.status = status;
    this.#detail = detail;
    this.#options.onChange();
  }

  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#wake.signal }).catch(() => undefined); // told to stop
  }

  #lastWords(): string {
    try {
      const words = readFileSync(this.#options.logFile)
        .subarray(this.#logStart)
        .toString()
        .slice(-lastWordsBytes)
        .trimEnd()
        .split("\n")
        .slice(-6);
      return words.some((line) => line.trim() !== "")
        ? `; its log ends with\n${words.map((line) => `  ${line}`).join("\n")}`
        : "";
    } catch {
      return ""; // no log: the message stands without
    }
  }
}

function openLog(path: string): number {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > keptLogBytes) renameSync(path, `${path}.1`);
  return openSync(path, "a", 0o600);
}
