import { spawn, spawnSync } from "node:child_process";

import { expect, test } from "vitest";

import { identityOf, stackMark, stopProcesses } from "../../stack/process-identity.ts";
import { prepareStateFolder, stackPaths, writeJsonFile } from "../../stack/stack-files.ts";
import type { StackState } from "../../stack/stack-state.ts";
import { stackStatus } from "../../stack/stack-status.ts";
import { inFolder, until } from "./in-folder.ts";

function stateOf(supervisor: StackState["supervisor"], changes: Partial<StackState> = {}): StackState {
  const process = { name: "temporal", status: "ready" as const, pid: 4, restarts: 0, detail: null };
  return {
    formatVersion: 1,
    supervisor,
    buildId: "0123456789ab",
    status: "running",
    notices: [],
    temporal: { address: "127.0.0.1:20001", webUiUrl: "http://127.0.0.1:20002", process },
    s3: null,
    workers: [],
    ...changes,
  };
}

function statusOf(folder: string, state?: StackState) {
  prepareStateFolder(folder);
  if (state) writeJsonFile(stackPaths(folder).state, state);
  return stackStatus(folder);
}

test("is stopped where there is no state folder, and in a new one", () =>
  inFolder(async (folder) => {
    expect(stackStatus(`${folder}/absent`)).toEqual({ state: "stopped", details: null, orphanPids: [] });
    expect(statusOf(folder)).toEqual({ state: "stopped", details: null, orphanPids: [] });
  }));

test("is running when its supervisor lives and its servers answer, starting before", () =>
  inFolder(async (folder) => {
    const supervisor = identityOf(process.pid)!;
    const state = stateOf(supervisor);

    expect(statusOf(folder, state)).toEqual({ state: "running", details: state, orphanPids: [] });
    state.temporal!.process.status = "starting";
    expect(statusOf(folder, state).state).toBe("starting");
    expect(statusOf(folder, { ...state, status: "stopping" }).state).toBe("stopping");
  }));

test.each([
  ["has died", () => ({ pid: spawnSync("true").pid, startTime: "1" })],
  ["had an id that another process has by now", () => ({ pid: process.pid, startTime: "1" })],
])("does not believe the file of a supervisor that %s", (_, supervisor) =>
  inFolder(async (folder) => {
    expect(statusOf(folder, stateOf(supervisor())).state).toBe("stopped");
  }),
);

test("is broken when processes of it run without a supervisor, and names them", () =>
  inFolder(async (folder) => {
    const orphan = spawn("sleep", ["20"], { env: { PATH: "/usr/bin:/bin", [stackMark]: folder } });
    try {
      await until(() => stackStatus(folder).orphanPids.length === 1);

      expect(statusOf(folder, stateOf({ pid: orphan.pid!, startTime: "1" }))).toMatchObject({
        state: "broken",
        orphanPids: [orphan.pid],
      });
    } finally {
      await stopProcesses([identityOf(orphan.pid!)!], 1000);
    }
  }));
