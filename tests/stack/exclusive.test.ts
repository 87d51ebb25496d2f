import { spawnSync } from "node:child_process";
import { readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "vitest";

import { exclusively } from "../../stack/exclusive.ts";
import { inFolder } from "./in-folder.ts";

test("lets one at a time work, tells the others for whom they wait, and leaves nothing behind", () =>
  inFolder(async (folder) => {
    const waits: number[] = [];
    let [working, most] = [0, 0];
    const work = async () => {
      most = Math.max(most, ++working);
      await sleep(30);
      working--;
    };

    await Promise.all([1, 2, 3].map(() => exclusively(join(folder, "lock"), work, (pid) => waits.push(pid))));

    expect([most, waits]).toEqual([1, [process.pid, process.pid]]);
    expect(readdirSync(folder)).toEqual([]);
  }));

test.each([
  ["of a process that has died", () => `${spawnSync("true").pid}:1`],
  ["of a process whose id another one has by now", () => `${process.pid}:1`],
  ["that is damaged", () => "?"],
])("breaks a lock %s", (_, content) =>
  inFolder(async (folder) => {
    symlinkSync(content(), join(folder, "lock"));

    expect(await exclusively(join(folder, "lock"), async () => "worked")).toBe("worked");
  }),
);

test("releases the lock when the work fails", () =>
  inFolder(async (folder) => {
    await expect(exclusively(join(folder, "lock"), () => Promise.reject(new Error("no luck")))).rejects.toThrow("no luck");

    expect(readdirSync(folder)).toEqual([]);
  }));
