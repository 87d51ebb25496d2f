import { mkdirSync, readlinkSync, rmdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { identityOf } from "./process-identity.ts";

const pollMs = 50;
const guardStaleMs = 10_000;

/**
 * Runs `work` while no other process of this machine runs its own under the same lock file. A lock whose holder has died (no
 * such process, or one that started at another time) is broken.
 * @param onWait called once, with the holder's process id, when somebody else is at it
 */
export async function exclusively<Result>(
  path: string,
  work: () => Promise<Result>,
  onWait: (pid: number) => void = () => undefined,
): Promise<Result> {
  let hasWaited = false;
  while (!tryAcquire(path)) {
    const holder = readHolder(path);
    if (holder === undefined) continue; // released meanwhile
    if (isDead(holder)) {
      breakLock(path);
      continue;
    }
    if (!hasWaited) onWait(holder.pid);
    hasWaited = true;
    await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

interface Holder {
  pid: number;
  startTime: string | undefined;
}

/** A symbolic link that leads nowhere: it appears at once with its text, never replaces another, and needs no room on a full disk. */
function tryAcquire(path: string): boolean {
  const own = identityOf(process.pid);
  try {
    symlinkSync(`${process.pid}:${own?.startTime ?? ""}`, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    const [pid, startTime] = readlinkSync(path).split(":");
    return { pid: Number(pid), startTime };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    return { pid: 0, startTime: undefined }; // not a link, so not ours: no process has the id 0
  }
}

function isDead(holder: Holder): boolean {
  return identityOf(holder.pid)?.startTime !== holder.startTime || holder.startTime === undefined;
}

/** Only one process at a time breaks locks, and it looks again: else two could each remove the other's fresh one. */
function breakLock(path: string): void {
  const guard = `${path}.break`;
  try {
    mkdirSync(guard);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > guardStaleMs)
      rmSync(guard, { recursive: true, force: true });
    return;
  }
  try {
    const holder = readHolder(path);
    if (holder !== undefined && isDead(holder)) rmSync(path, { force: true });
  } finally {
    rmdirSync(guard);
  }
}
