import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { findStackProcesses, identityOf, stopProcesses } from "./process-identity.ts";
import { ServerCrew } from "./server-crew.ts";
import { readJsonFile, stackPaths, wantedServersSchema, writeJsonFile } from "./stack-files.ts";
import type { StackState } from "./stack-state.ts";
import { readLiveState } from "./stack-state.ts";
import { WorkerCrew } from "./worker-crew.ts";

const updateEveryMs = 200;
const orphanGraceMs = 5_000;

/**
 * The one process that keeps a stack running: servers first, then the workers that are wished for. Started detached by
 * `ensureStack`, told what to run by files in the state folder, tells what it knows in `state.json`, ends on SIGTERM.
 */
async function supervise(stateFolder: string): Promise<void> {
  const paths = stackPaths(stateFolder);
  const own = identityOf(process.pid);
  if (own === undefined || readLiveState(stateFolder) !== undefined) return; // somebody else does it already
  let status: StackState["status"] = "running";
  let isWritten = false;
  const notices: string[] = [];
  const write = () => {
    isWritten = false;
    if (!existsSync(paths.marker)) return; // deleted under our feet: nobody is told any more
    const state: StackState = {
      formatVersion: 1,
      supervisor: own,
      buildId,
      status,
      notices,
      ...servers.state,
      workers: workers.state,
    };
    try {
      writeJsonFile(paths.state, state);
      isWritten = true;
    } catch (error) {
      process.stderr.write(`${String(error)}\n`); // a full disk ends no running work; the next round writes it
    }
  };
  const servers = new ServerCrew(stateFolder, { onChange: write, onNotice: (notice) => notices.push(notice) });
  const workers = new WorkerCrew(stateFolder, servers, write);
  write();
  await stopProcesses(findStackProcesses(stateFolder), orphanGraceMs); // left behind by a supervisor that was killed

  const asked = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => asked.abort());
  while (!asked.signal.aborted && existsSync(paths.marker) && !servers.hasFailed()) {
    const wanted = readJsonFile(paths.wanted, wantedServersSchema);
    if (wanted) servers.start(wanted);
    workers.update();
    if (!isWritten) write();
    await sleep(updateEveryMs);
  }
  status = servers.hasFailed() ? "failed" : "stopping";
  write();
  await workers.stop();
  await servers.stop();
  write();
}

// The log lies on the disk that may be full: a line that cannot be written ends nothing.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

const buildId = basename(dirname(dirname(fileURLToPath(import.meta.url))));
const [stateFolder] = process.argv.slice(2);
if (stateFolder === undefined) throw new Error("usage: supervisor.js STATE-FOLDER");
await supervise(stateFolder);
process.exit(0);
