import { existsSync, rmSync } from "node:fs";
import { resolve } from "node:path";

import { findStackProcesses, isAlive, stopProcesses } from "./process-identity.ts";
import { exclusively } from "./project.ts";
import { stackPaths } from "./stack-files.ts";
import { processesOf, readLiveState } from "./stack-state.ts";
import { Unavailable } from "./unavailable.ts";

/** The supervisor waits for its workers (40 s) and its servers (10 s). */
const supervisorGraceMs = 60_000;
const orphanGraceMs = 10_000;

/**
 * Stops the stack of a state folder: workers first, then servers, also those a killed supervisor left behind. Data stays.
 * @returns names of what ran
 */
export async function stopStack(stateFolder: string, onProgress: (line: string) => void = () => undefined): Promise<string[]> {
  if (!existsSync(stateFolder)) return [];
  const onWait = (pid: number) => onProgress(`waiting for process ${pid}, which is starting or stopping the stack`);
  return exclusively(stackPaths(stateFolder).lock, () => stopAll(stateFolder), onWait);
}

/**
 * Stops the stack and deletes its state folder with everything in it.
 * @returns whether there was anything to delete
 * @throws {Unavailable} when convoy did not make the folder
 */
export async function resetStack(stateFolder: string, onProgress: (line: string) => void = () => undefined): Promise<boolean> {
  if (!existsSync(stateFolder)) return false;
  if (!existsSync(stackPaths(stateFolder).marker)) {
    throw new Unavailable(
      `${stateFolder} was not made by convoy (there is no ${stackPaths("").marker} in it); it is left alone`,
      `look at it yourself: ls -la ${resolve(stateFolder)}`,
    );
  }
  await stopStack(stateFolder, onProgress);
  rmSync(stateFolder, { recursive: true, force: true });
  return true;
}

async function stopAll(stateFolder: string): Promise<string[]> {
  const live = readLiveState(stateFolder);
  if (live) await stopProcesses([live.supervisor], supervisorGraceMs);
  const orphans = findStackProcesses(stateFolder).filter(isAlive);
  await stopProcesses(orphans, orphanGraceMs);
  rmSync(stackPaths(stateFolder).state, { force: true });
  rmSync(stackPaths(stateFolder).wanted, { force: true });
  const served = live ? processesOf(live).map(({ name }) => name) : [];
  return [...served, ...orphans.map(({ pid }) => `process ${pid}`)];
}
