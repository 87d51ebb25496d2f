import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { identityOf } from "../../stack/process-identity.ts";
import type { LaunchPlan, SupervisionOptions } from "../../stack/supervised-process.ts";
import { SupervisedProcess } from "../../stack/supervised-process.ts";
import { inFolder, until } from "./in-folder.ts";

function supervised(
  folder: string,
  script: string,
  options: Partial<SupervisionOptions> = {},
  probe?: LaunchPlan["probe"],
): { process: SupervisedProcess; seen: string[] } {
  const seen: string[] = [];
  const process = new SupervisedProcess({
    name: "program",
    logFile: join(folder, "program.log"),
    graceMs: 300,
    plan: async () => ({
      command: "/bin/sh",
      args: ["-c", script],
      env: { PATH: "/usr/bin:/bin" },
      cwd: folder,
      ...(probe ? { probe } : {}),
    }),
    onChange: () => seen.at(-1) === process.status || seen.push(process.status),
    ...options,
  });
  process.start();
  return { process, seen };
}

test("starts a process again that ends by itself, and says why", () =>
  inFolder(async (folder) => {
    const { process, seen } = supervised(folder, "echo started; echo broken >&2; [ -e again ] && sleep 20; touch again; exit 7");
    await until(() => process.state.restarts === 1 && process.status === "restarting");
    const { detail } = process.state;
    await until(() => readFileSync(join(folder, "program.log"), "utf8").endsWith("started\nbroken\nstarted\nbroken\n"));
    await process.stop();

    expect(detail).toBe("program ended: exit code 7; its log ends with\n  started\n  broken");
    expect(seen).toEqual(["starting", "ready", "restarting", "ready", "stopped"]);
  }));

test("is ready when its probe says so, not before", () =>
  inFolder(async (folder) => {
    const probe = async () => {
      if (!existsSync(join(folder, "serving"))) throw new Error("not serving yet");
    };
    const { process } = supervised(folder, "sleep 20", {}, probe);
    await until(() => process.state.pid !== null);

    expect(process.status).toBe("starting");
    writeFileSync(join(folder, "serving"), "");
    await until(() => process.status === "ready");
    await process.stop();
  }));

test("gives up a process that never came up, with its last words", () =>
  inFolder(async (folder) => {
    const { process, seen } = supervised(folder, "echo no such disk; exit 1", { maxFirstStarts: 2 }, () =>
      Promise.reject(new Error("connection refused")),
    );
    await until(() => process.status === "failed");

    expect(process.state.detail).toContain("program ended: exit code 1; its log ends with\n  no such disk");
    expect(seen).toEqual(["starting", "restarting", "failed"]);
  }));

test("leaves a process alone that has nothing left to do", () =>
  inFolder(async (folder) => {
    const { process } = supervised(folder, "exit 0", { mayDrain: true });
    await until(() => process.status === "drained");

    expect(process.state).toMatchObject({ pid: null, restarts: 0 });
    await process.stop();
  }));

test("ends a process that does not listen once its grace is over", () =>
  inFolder(async (folder) => {
    const { process } = supervised(folder, "trap '' TERM; echo up; while :; do sleep 0.05; done");
    await until(() => existsSync(join(folder, "program.log")) && readFileSync(join(folder, "program.log"), "utf8") !== "");
    const pid = process.state.pid!;

    await process.stop();

    expect(identityOf(pid)).toBeUndefined();
    expect(process.state).toMatchObject({ status: "stopped", pid: null });
  }));

test("names a program that is not there", () =>
  inFolder(async (folder) => {
    const plan = async () => ({ command: join(folder, "absent"), args: [], env: {}, cwd: folder });
    const { process } = supervised(folder, "", { plan, maxFirstStarts: 1 });
    await until(() => process.status === "failed");

    expect(process.state.detail).toContain("ENOENT");
  }));
