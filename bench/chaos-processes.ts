import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";

import { readEnvironment } from "../environment.ts";
import { readLiveState } from "../stack/stack-state.ts";

/** A trainer as it stands in the process list: `node …/programs/trainer.js <supervisor's pid> <run id> <stage> <attempt>`. */
export interface RunningTrainer {
  pid: number;
  runId: string;
  supervisorPid: number;
  stage: string;
  attempt: number;
}

/** The trainer that works for a run, or one of those meant, at this moment, if there is one: of the latest attempt, where an earlier one lingers. */
export async function findTrainer(run: string | ((runId: string) => boolean)): Promise<RunningTrainer | null> {
  const isMeant = typeof run === "string" ? (runId: string) => runId === run : run;
  let latest: RunningTrainer | null = null;
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const words = (await readIfAlive(`/proc/${name}/cmdline`)).split(/[\0 ]/);
    const entry = words.findIndex((word) => /(^|\/)programs\/trainer\.js$/.test(word));
    const [supervisorPid, runId, stage, attempt] = words.slice(entry + 1) as [string, string, string, string];
    if (entry === -1 || !isMeant(runId) || Number(attempt) <= (latest?.attempt ?? 0)) continue;
    latest = { pid: Number(name), runId, supervisorPid: Number(supervisorPid), stage, attempt: Number(attempt) };
  }
  return latest;
}

/** Pid of a worker of the embedded stack, e.g. `data-worker-1`; null while it is being started again. */
export function workerPid(name: string, variables: Readonly<Record<string, string | undefined>> = {}): number | null {
  const { workers = [] } = readLiveState(readEnvironment(variables).stateFolder) ?? {};
  return workers.find(({ process }) => process.name === name)?.process.pid ?? null;
}

/** Starts a second process like a running worker, with some variables changed. */
export async function startWorkerLike(pid: number, changes: Record<string, string>): Promise<ChildProcess> {
  const wordsOf = async (file: string) => (await readFile(`/proc/${pid}/${file}`, "utf8")).split("\0").filter(Boolean);
  const [command = "", ...args] = await wordsOf("cmdline");
  const variables = (await wordsOf("environ")).map((line) => [
    line.slice(0, line.indexOf("=")),
    line.slice(line.indexOf("=") + 1),
  ]);
  const env = { ...(Object.fromEntries(variables) as Record<string, string>), ...changes };
  return spawn(command, args, { env, stdio: "ignore" });
}

async function readIfAlive(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return ""; // the process ended between listing and reading
  }
}
