import { setTimeout as sleep } from "node:timers/promises";

import type { Environment } from "../environment.ts";
import { readEnvironment } from "../environment.ts";
import { embeddedServers, ensureStack } from "../stack/ensure-stack.ts";
import { ownBuildId } from "../stack/project.ts";
import { requestWorkers } from "../stack/request-workers.ts";
import type { ProcessState } from "../stack/stack-state.ts";
import type { StackStatus } from "../stack/stack-status.ts";
import { stackStatus as readStatus } from "../stack/stack-status.ts";
import { resetStack as resetState, stopStack as stopProcesses } from "../stack/stop-stack.ts";
import type { ConnectOptions, HealthCheck, StackPart, StackReport } from "./services.ts";

const workersWithinMs = 30_000;
const pollMs = 100;

/** Starts what the environment leaves to convoy, with workers of this build; returns when they serve, or clearly take longer. */
export async function startStack(options: ConnectOptions): Promise<StackReport> {
  const configured = environmentOf(options);
  const { variables } = await ensureStack(configured, options);
  const environment = readEnvironment({ CONVOY_PROFILE: options.profile, ...variables });
  if (environment.CONVOY_LOCAL_WORKERS !== "never") {
    await requestWorkers(environment, ownBuildId());
    await workersReady(environment, ownBuildId());
    await moveSchedules(options);
  }
  return report(configured);
}

export async function stopStack(options: ConnectOptions): Promise<{ profile: string; stopped: string[] }> {
  const { stateFolder, CONVOY_PROFILE } = environmentOf(options);
  return { profile: CONVOY_PROFILE, stopped: await stopProcesses(stateFolder, options.onProgress) };
}

export async function stackStatus(options: ConnectOptions): Promise<StackReport> {
  return report(environmentOf(options));
}

export async function resetStack(options: ConnectOptions): Promise<{ profile: string; deleted: string | null }> {
  const { stateFolder, CONVOY_PROFILE } = environmentOf(options);
  const existed = await resetState(stateFolder, options.onProgress);
  return { profile: CONVOY_PROFILE, deleted: existed ? stateFolder : null };
}

export async function diagnose(options: ConnectOptions): Promise<HealthCheck[]> {
  const { diagnose: diagnoseStack } = await import("../stack/doctor.ts");
  return diagnoseStack(environmentOf(options));
}

function environmentOf({ profile }: ConnectOptions): Environment {
  return readEnvironment({ CONVOY_PROFILE: profile });
}

/** Workers of older builds end now: what runs by the clock goes on in this one. */
async function moveSchedules(options: ConnectOptions): Promise<void> {
  const { connect } = await import("../client/connect.ts");
  const convoy = await connect(options);
  await convoy.schedules.moveHere().finally(() => convoy.close());
}

async function workersReady({ stateFolder }: Environment, buildId: string): Promise<void> {
  const givenUpMs = Date.now() + workersWithinMs;
  while (Date.now() < givenUpMs) {
    const workers = readStatus(stateFolder).details?.workers.filter((worker) => worker.buildId === buildId) ?? [];
    if (workers.length > 0 && workers.every(({ process }) => process.status === "ready" || process.status === "failed")) return;
    await sleep(pollMs);
  }
}

async function report(environment: Environment): Promise<StackReport> {
  const embedded = await embeddedServers(environment);
  const status = readStatus(environment.stateFolder);
  const isExternal = !embedded.temporal && !embedded.s3 && status.state === "stopped";
  return {
    profile: environment.CONVOY_PROFILE,
    state: isExternal ? "external" : status.state,
    parts: [
      embedded.temporal ? temporalPart(status) : external("temporal", environment.TEMPORAL_ADDRESS ?? "by temporal.toml"),
      embedded.s3 ? s3Part(status) : external("s3", environment.S3_ENDPOINT ?? ""),
      ...workerParts(status),
      ...status.orphanPids.map((pid): StackPart => ({
        name: `process ${pid}`,
        state: "broken",
        detail: "runs without a supervisor; convoy up or convoy down fixes that",
      })),
    ],
    notices: status.details && (isLive(status) || status.state === "failed") ? status.details.notices : [],
  };
}

function temporalPart(status: StackStatus): StackPart {
  const { temporal } = status.details ?? {};
  if (!temporal || !isLive(status)) return { name: "temporal", state: "stopped", detail: "" };
  return part("temporal", temporal.process, `${temporal.address}, web page ${temporal.webUiUrl}`);
}

function s3Part(status: StackStatus): StackPart {
  const { s3 } = status.details ?? {};
  if (!s3 || !isLive(status)) return { name: "s3", state: "stopped", detail: "" };
  return part("s3", s3.process, `${s3.endpoint}, ${s3.kind}`);
}

function workerParts(status: StackStatus): StackPart[] {
  if (!isLive(status)) return [];
  return (status.details?.workers ?? []).map(({ buildId, process }) => part(process.name, process, `build ${buildId}`));
}

/** An address may carry `user:password@`, which belongs on no screen. */
function external(name: string, address: string): StackPart {
  return { name, state: "external", detail: address.replace(/\/\/[^/@]*@/, "//") };
}

function part(name: string, process: ProcessState, detail: string): StackPart {
  const facts = [detail, process.pid === null ? "" : `pid ${process.pid}`, process.status, process.detail ?? ""];
  return { name, state: partStates[process.status], detail: facts.filter((fact) => fact !== "" && fact !== "ready").join(", ") };
}

const partStates: Record<ProcessState["status"], StackPart["state"]> = {
  ready: "running",
  starting: "starting",
  restarting: "starting",
  drained: "stopped",
  stopped: "stopped",
  failed: "broken",
};

function isLive({ state }: StackStatus): boolean {
  return state === "running" || state === "starting" || state === "stopping";
}
