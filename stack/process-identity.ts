import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process for good: its id alone may belong to another one by now. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks between the machine's start and the process's. */
  startTime: string;
}

/** Set for every process of a stack and inherited by what these start; the value is the stack's state folder. */
export const stackMark = "CONVOY_STACK";

const pollMs = 50;

/** @returns undefined where no such process runs; one that has ended but was not yet collected counts as gone */
export function identityOf(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name before may hold blanks and brackets
    const [state, startTime] = [fields[0], fields[19]];
    return state === "Z" || state === "X" || startTime === undefined ? undefined : { pid, startTime };
  } catch {
    return undefined; // no such process
  }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startTime === identity.startTime;
}

/**
 * All processes that belong to the stack of a state folder, whoever started them and whether or not anybody recorded it: they
 * carry its mark in their environment. Only this user's processes can be looked into.
 */
export function findStackProcesses(stateFolder: string): ProcessIdentity[] {
  const found: ProcessIdentity[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || !hasMark(pid, stateFolder)) continue;
    const identity = identityOf(pid);
    if (identity) found.push(identity);
  }
  return found;
}

/** Asks processes to end, and ends those that have not after `graceMs`. Resolves when all are gone. */
export async function stopProcesses(processes: readonly ProcessIdentity[], graceMs: number): Promise<void> {
  for (const identity of processes) signal(identity, "SIGTERM");
  const deadline = Date.now() + graceMs;
  while (processes.some(isAlive) && Date.now() < deadline) await sleep(pollMs);
  while (processes.some(isAlive)) {
    for (const identity of processes) signal(identity, "SIGKILL");
    await sleep(pollMs);
  }
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // gone between the look and the signal
  }
}

function hasMark(pid: number, stateFolder: string): boolean {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, "latin1")}`.includes(`\0${stackMark}=${latin1(stateFolder)}\0`);
  } catch {
    return false; // gone, or another user's
  }
}

/** The bytes of a path as `/proc` shows them when read one byte a character. */
function latin1(path: string): string {
  return Buffer.from(path, "utf8").toString("latin1");
}
