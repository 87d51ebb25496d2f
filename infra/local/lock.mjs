import { lstatSync, lutimesSync, mkdirSync, readFileSync, readlinkSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 100;
const touchMs = 10_000;
/** A lock of another host (a shared home) counts as left behind when its holder has not touched it for this long. */
const foreignStaleMs = 60_000;

/**
 * Runs `work` while holding the lock file at `path`. Waits for another holder, however long it takes; a lock whose holder has
 * died (its process is gone, or its id belongs to a process that started at another time) is broken.
 * @param onWait called once, with the holder's process id, when somebody else holds the lock
 */
export async function withLock(path, work, { onWait } = {}) {
  mkdirSync(dirname(path), { recursive: true });
  let waited = false;
  while (!tryAcquire(path)) {
    const holder = readHolder(path);
    if (holder === undefined) continue; // released, or still being made: the next attempt tells
    if (isStale(path, holder)) {
      breakLock(path);
      continue;
    }
    if (!waited) onWait?.(holder.pid);
    waited = true;
    await sleep(pollMs);
  }
  const touch = setInterval(() => touchLock(path), touchMs);
  touch.unref();
  try {
    return await work();
  } finally {
    clearInterval(touch);
    rmSync(path, { force: true });
  }
}

function touchLock(path) {
  try {
    lutimesSync(path, new Date(), new Date());
  } catch (error) {
    if (error.code !== "ENOENT") throw error; // somebody deleted the folder it is in: there is nothing left to hold
  }
}

/**
 * When a process started, in clock ticks since the machine did: together with its id it names a process for good.
 * @returns undefined where there is no such process (a zombie counts as gone), or no /proc
 */
export function processStartTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name before may hold blanks and brackets
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined; // no such process
  }
}

/** A symbolic link that leads nowhere: it appears at once with its text, never replaces another, and needs no room on a full disk. */
function tryAcquire(path) {
  try {
    symlinkSync(`${process.pid}:${processStartTime(process.pid) ?? ""}:${hostname()}`, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** Who is named by the lock; process 0, which never runs, by a damaged one. */
function readHolder(path) {
  try {
    const [pid, startTime, host = hostname()] = readlinkSync(path).split(":");
    return { pid: Number(pid) || 0, startTime, host };
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    return { pid: 0, host: hostname() }; // not a link, so not ours
  }
}

function isStale(path, holder) {
  if (holder.host === hostname()) return holder.pid === 0 || processStartTime(holder.pid) !== holder.startTime;
  return ageMs(path) > foreignStaleMs;
}

/** Only one process at a time may break locks, and it looks again: else two could each remove the other's fresh one. */
function breakLock(path) {
  const guard = `${path}.break`;
  try {
    mkdirSync(guard);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (ageMs(guard) > foreignStaleMs) rmSync(guard, { recursive: true, force: true });
    return;
  }
  try {
    const holder = readHolder(path);
    if (holder !== undefined && isStale(path, holder)) rmSync(path, { force: true });
  } finally {
    rmdirSync(guard);
  }
}

function ageMs(path) {
  try {
    return Date.now() - lstatSync(path).mtimeMs;
  } catch {
    return 0; // gone meanwhile
  }
}
