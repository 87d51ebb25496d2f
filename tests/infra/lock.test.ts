import { spawnSync } from "node:child_process";
import { existsSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "vitest";

import type { LockModule } from "./import-local.ts";
import { importInfra, inFolder, namesIn } from "./import-local.ts";

const { withLock, processStartTime } = await importInfra<LockModule>("lock.mjs");

test("lets one holder work at a time, in turn, and leaves nothing behind", () =>
  inFolder(async (folder) => {
    const lock = join(folder, "lock");
    let working = 0;
    let most = 0;
    const waits: number[] = [];

    await Promise.all(
      [1, 2, 3].map(() =>
        withLock(
          lock,
          async () => {
            most = Math.max(most, ++working);
            await sleep(30);
            working--;
          },
          { onWait: (pid) => waits.push(pid) },
        ),
      ),
    );

    expect(most).toBe(1);
    expect(waits).toEqual([process.pid, process.pid]);
    expect(namesIn(folder)).toEqual([]);
  }));

test("breaks the lock of a process that has died", () =>
  inFolder(async (folder) => {
    const lock = join(folder, "lock");
    const { pid } = spawnSync("true");
    symlinkSync(`${pid}:1:${hostname()}`, lock);

    expect(await withLock(lock, async () => "worked")).toBe("worked");
  }));

test("breaks the lock of a process whose id belongs to another one by now", () =>
  inFolder(async (folder) => {
    const lock = join(folder, "lock");
    symlinkSync(`${process.pid}:1:${hostname()}`, lock);

    expect(await withLock(lock, async () => "worked")).toBe("worked");
  }));

test("breaks a lock whose text names no process", () =>
  inFolder(async (folder) => {
    const lock = join(folder, "lock");
    symlinkSync("?", lock);

    expect(await withLock(lock, async () => "worked")).toBe("worked");
  }));

test("breaks a damaged lock and releases it when the work fails", () =>
  inFolder(async (folder) => {
    const lock = join(folder, "lock");
    writeFileSync(lock, "{");

    await expect(withLock(lock, () => Promise.reject(new Error("no luck")))).rejects.toThrow("no luck");
    expect(existsSync(lock)).toBe(false);
  }));

test("respects the fresh lock of another host", () =>
  inFolder(async (folder) => {
    const lock = join(folder, "lock");
    symlinkSync("1:1:another", lock);
    let isDone = false;

    const work = withLock(lock, async () => (isDone = true));
    await sleep(250);
    expect(isDone).toBe(false);
    unlinkSync(lock);
    await work;

    expect(isDone).toBe(true);
  }));

test("names a running process by its start time and an ended one not at all", () => {
  expect(processStartTime(process.pid)).toMatch(/^\d+$/);
  expect(processStartTime(spawnSync("true").pid)).toBeUndefined();
});
