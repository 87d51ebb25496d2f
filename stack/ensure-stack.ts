import { spawn } from "node:child_process";
import { closeSync, openSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Environment } from "../environment.ts";
import { childVariables } from "../environment.ts";
import { isTemporalConfigured } from "../temporal.connection.ts";
import { stackMark } from "./process-identity.ts";
import type { Component } from "./project.ts";
import { buildFolder, exclusively, installCommand, installMissing, ownBuildId, s3Program, temporalProgram } from "./project.ts";
import { s3Variables, temporalVariables } from "./embedded-variables.ts";
import type { WantedServers } from "./stack-files.ts";
import {
  prepareStateFolder,
  readJsonFile,
  stackPaths,
  stackSettingsSchema,
  wantedServersSchema,
  writeJsonFile,
} from "./stack-files.ts";
import type { ProcessState, StackState } from "./stack-state.ts";
import { readLastState, readLiveState } from "./stack-state.ts";
import { Unavailable } from "./unavailable.ts";

/** Servers a client can work with, and which of them are ours. */
export interface StackConnection {
  profile: string;
  /** Settings that point at the embedded servers; they stand above the environment's. Holds secrets. */
  variables: Record<string, string>;
  embedded: { temporal: boolean; s3: boolean };
  /** Temporal's web page, where the server is embedded. */
  webUiUrl?: string;
}

export interface EnsureOptions {
  /** Told what is being started or waited for, a line each. */
  onProgress?: (line: string) => void;
  /** Only storage is needed: Temporal is left as it is. */
  storageOnly?: boolean;
}

const pollMs = 50;
const startWithinMs = 30_000;
const readyWithinMs = 180_000;
/** Less than this free, and the servers could not even write their first files. */
const leastFreeBytes = 64 << 20;

/**
 * Makes sure that the servers which the environment does not name run embedded, and answers when they do. What runs already is
 * left alone (this then takes milliseconds); several processes may ask at once.
 * @throws {Unavailable} with the reason a server does not come up
 */
export async function ensureStack(
  environment: Environment,
  { onProgress = () => undefined, storageOnly = false }: EnsureOptions = {},
): Promise<StackConnection> {
  const left = await embeddedServers(environment);
  const embedded = storageOnly ? { ...left, temporal: false } : left;
  const { stateFolder, CONVOY_PROFILE: profile } = environment;
  if (!embedded.temporal && !embedded.s3) return { profile, variables: {}, embedded };
  const ready = readyConnection(environment, embedded);
  if (ready) return ready;
  await installMissing(neededComponents(environment, embedded));
  prepareStateFolder(stateFolder);
  refuseFullDisk(stateFolder);
  onProgress(
    `starting the embedded ${[embedded.temporal && "Temporal", embedded.s3 && "S3 server"].filter(Boolean).join(" and ")}`,
  );
  const ask = () => askForServers(stateFolder, embedded);
  await ask();
  await ensureSupervisor(stateFolder, onProgress, ask);
  return awaitServers(environment, embedded, onProgress);
}

/** All at once, since they install at the same time; workers will want TensorFlow. */
function neededComponents(environment: Environment, embedded: StackConnection["embedded"]): Component[] {
  const components: Component[] = environment.CONVOY_LOCAL_WORKERS === "never" ? [] : ["tensorflow"];
  if (embedded.temporal) components.push("temporal");
  if (embedded.s3) components.push("s3");
  return components;
}

/** Which servers the environment leaves to us. */
export async function embeddedServers(environment: Environment): Promise<StackConnection["embedded"]> {
  return { temporal: !(await isTemporalConfigured(environment)), s3: environment.S3_ENDPOINT === undefined };
}

/**
 * Starts the supervisor unless one runs.
 * @param ask says what it is to run: said again before it starts, for whoever stopped the stack meanwhile has taken the wish away
 * @throws {Unavailable}
 */
export async function ensureSupervisor(
  stateFolder: string,
  onProgress: (line: string) => void,
  ask: () => Promise<void> = async () => undefined,
): Promise<void> {
  if (isServing(stateFolder)) return;
  const onWait = (pid: number) => onProgress(`waiting for process ${pid}, which is starting or stopping the stack`);
  const start = async () => {
    await ask();
    await startSupervisor(stateFolder);
  };
  await exclusively(stackPaths(stateFolder).lock, start, onWait);
}

async function startSupervisor(stateFolder: string): Promise<void> {
  const deadline = Date.now() + readyWithinMs;
  while (readLiveState(stateFolder)?.status === "stopping" && Date.now() < deadline) await sleep(pollMs);
  if (isServing(stateFolder)) return; // another process was first
  const { state, logs } = stackPaths(stateFolder);
  rmSync(state, { force: true });
  const log = openSync(join(logs, "supervisor.log"), "a", 0o600);
  const program = join(buildFolder(ownBuildId()), "programs", "supervisor.js");
  const child = spawn(process.execPath, [program, stateFolder], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: stateFolder,
    env: childVariables({ [stackMark]: stateFolder }),
  });
  closeSync(log);
  let ending: string | undefined;
  child.once("error", (error) => (ending = error.message));
  child.once("exit", (code, signal) => (ending = signal ?? `exit code ${code}`));
  child.unref();
  const startDeadline = Date.now() + startWithinMs;
  while (!readLastState(stateFolder)) {
    if (ending !== undefined || Date.now() > startDeadline)
      throw new Unavailable(
        `The stack's supervisor did not start (${ending ?? "no sign of life"})`,
        `tail ${join(logs, "supervisor.log")}`,
      );
    await sleep(pollMs);
  }
}

function isServing(stateFolder: string): boolean {
  return readLiveState(stateFolder)?.status === "running";
}

/** Adds to what the supervisor is to run; a running one looks every moment. */
async function askForServers(stateFolder: string, embedded: StackConnection["embedded"]): Promise<void> {
  const paths = stackPaths(stateFolder);
  const known = readJsonFile(paths.wanted, wantedServersSchema);
  const wanted: WantedServers = { formatVersion: 1, ...(readLiveState(stateFolder) ? known : {}) };
  if (embedded.temporal) wanted.temporal = { program: (await temporalProgram()) ?? missing("Temporal", "temporal") };
  if (embedded.s3) {
    const kind = readJsonFile(paths.settings, stackSettingsSchema)?.s3Kind; // whose files lie there already
    const server = await s3Program(kind);
    if (server) wanted.s3 = { program: server.path, kind: server.kind };
    else missing("S3 server", "s3", kind);
  }
  writeJsonFile(paths.wanted, wanted);
}

function missing(title: string, component: Component, kind?: string): never {
  const which = kind === undefined ? "" : ` (${kind}, which wrote this profile's bucket)`;
  const hint = `${kind === undefined ? "" : `CONVOY_S3_SERVER=${kind} `}${installCommand(component)}`;
  throw new Unavailable(`The ${title}${which} is not installed`, hint);
}

async function awaitServers(
  environment: Environment,
  embedded: StackConnection["embedded"],
  onProgress: (line: string) => void,
): Promise<StackConnection> {
  const { stateFolder } = environment;
  const told = new Set<string>();
  const deadline = Date.now() + readyWithinMs;
  for (;;) {
    const last = readLastState(stateFolder);
    for (const notice of newNotices(last, told)) onProgress(notice);
    const ready = readyConnection(environment, embedded);
    if (ready) return ready;
    const failed = [last?.temporal?.process, last?.s3?.process].find((process) => process?.status === "failed");
    const hasEnded = !readLiveState(stateFolder);
    if (hasEnded && failed) throw serverFailed(failed, stateFolder); // not before the supervisor has stopped the others
    if (hasEnded) throw supervisorEnded(stateFolder);
    if (Date.now() > deadline)
      throw new Unavailable(`The embedded servers did not become ready within ${readyWithinMs / 1000} s`, "convoy doctor");
    await sleep(pollMs);
  }
}

function supervisorEnded(stateFolder: string): Unavailable {
  const log = join(stackPaths(stateFolder).logs, "supervisor.log");
  return new Unavailable("The stack's supervisor has ended while starting", `tail ${log}`);
}

function newNotices(state: StackState | undefined, told: Set<string>): string[] {
  const restarting = [state?.temporal?.process, state?.s3?.process].filter((process) => process?.status === "restarting");
  const lines = [
    ...(state?.notices ?? []),
    ...restarting.map((process) => `${process?.detail ?? process?.name}; starting it again`),
  ];
  const fresh = lines.filter((line) => !told.has(line));
  for (const line of fresh) told.add(line);
  return fresh;
}

function serverFailed({ name, detail }: ProcessState, stateFolder: string): Unavailable {
  const log = join(stackPaths(stateFolder).logs, `${name}.log`);
  const isFull = /no space left|disk( is)? full/i.test(detail ?? "");
  return new Unavailable(
    isFull ? `The disk of ${stateFolder} is full: ${detail}` : (detail ?? `${name} did not come up`),
    isFull ? `df -h ${stateFolder}; free some space, or set XDG_DATA_HOME` : `tail ${log}, or \`convoy doctor\``,
  );
}

function readyConnection(environment: Environment, embedded: StackConnection["embedded"]): StackConnection | undefined {
  const state = readLiveState(environment.stateFolder);
  if (state?.status !== "running") return undefined;
  const temporal = embedded.temporal ? state.temporal : undefined;
  const s3 = embedded.s3 ? state.s3 : undefined;
  const isReady = [temporal, s3].every((server) => server === undefined || server?.process.status === "ready");
  if (!isReady) return undefined;
  return {
    profile: environment.CONVOY_PROFILE,
    variables: {
      ...(temporal ? temporalVariables(temporal.address) : {}),
      ...(s3 ? s3Variables(environment.stateFolder, s3.endpoint) : {}),
    },
    embedded,
    ...(temporal ? { webUiUrl: temporal.webUiUrl } : {}),
  };
}

function refuseFullDisk(stateFolder: string): void {
  const { bavail, bsize } = statfsSync(stateFolder);
  if (bavail * bsize >= leastFreeBytes) return;
  const free = `${Math.floor((bavail * bsize) / 1e6)} MB`;
  throw new Unavailable(
    `The disk of ${stateFolder} is full: ${free} free, the servers need at least ${Math.round(leastFreeBytes / 1e6)} MB`,
    `df -h ${stateFolder}; free some space, or set XDG_DATA_HOME`,
  );
}
