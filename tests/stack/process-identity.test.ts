import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";

import { expect, test } from "vitest";

import { findStackProcesses, identityOf, isAlive, stackMark, stopProcesses } from "../../stack/process-identity.ts";
import { inFolder, until } from "./in-folder.ts";

async function started(command: string, mark?: string): Promise<ChildProcess & { pid: number }> {
  const child = spawn("/bin/sh", ["-c", `${command}; echo`], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { PATH: "/usr/bin:/bin", ...(mark === undefined ? {} : { [stackMark]: mark }) },
  });
  await until(() => child.pid !== undefined && identityOf(child.pid) !== undefined);
  return child as ChildProcess & { pid: number };
}

test("tells a process from another one that got its id later", () => {
  const own = identityOf(process.pid);

  expect(own && isAlive(own)).toBe(true);
  expect(isAlive({ pid: process.pid, startTime: "1" })).toBe(false);
  expect(identityOf(spawnSync("true").pid)).toBeUndefined();
});

test("finds the processes of a stack by its mark, also those that they started, and no others", () =>
  inFolder(async (folder) => {
    const ours = await started("sleep 20", folder);
    const others = await started("sleep 20", `${folder}-2`);

    try {
      await until(() => findStackProcesses(folder).length === 2);
      const pids = findStackProcesses(folder).map(({ pid }) => pid);
      expect(pids).toContain(ours.pid);
      expect(pids).not.toContain(others.pid);
    } finally {
      await stopProcesses([...findStackProcesses(folder), ...findStackProcesses(`${folder}-2`)], 1000);
    }
    expect(findStackProcesses(folder)).toEqual([]);
  }));

test("ends a process that does not listen, after its grace", () =>
  inFolder(async (folder) => {
    const child = await started("trap '' TERM; echo deaf; while :; do sleep 0.1; done", folder);
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    const identity = identityOf(child.pid)!;
    const start = Date.now();

    await stopProcesses([identity], 300);

    expect(isAlive(identity)).toBe(false);
    expect(Date.now() - start).toBeGreaterThanOrEqual(300);
    await stopProcesses(findStackProcesses(folder), 1000);
  }));

test("does not signal a process that only has the id of the one it is to stop", async () => {
  await stopProcesses([{ pid: process.pid, startTime: "1" }], 1000);

  expect(identityOf(process.pid)).toBeDefined();
});
