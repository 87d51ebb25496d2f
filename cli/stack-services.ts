import type { Environment } from "../environment.ts";
import { readEnvironment } from "../environment.ts";
import { diagnose as diagnoseStack } from "../stack/doctor.ts";
import { embeddedServers, ensureStack } from "../stack/ensure-stack.ts";
import { ownBuildId } from "../stack/project.ts";
import { requestWorkers } from "../stack/request-workers.ts";
import { stackStatus as readStatus } from "../stack/stack-status.ts";
import type { ProcessState, StackState } from "../stack/stack-state.ts";
import { resetStack as resetState, stopStack as stopProcesses } from "../stack/stop-stack.ts";
import type { ConnectOptions, HealthCheck, StackPart, StackReport } from "./services.ts";

/** Starts what the environment leaves to convoy, with workers of this build, and returns when the servers answer. */
export async function startStack({ profile, onProgress }: ConnectOptions): Promise<StackReport> {
  const configured = readEnvironment({ CONVOY_PROFILE: profile });
  const { variables } = await ensureStack(configured, { onProgress });
  const environment = readEnvironment({ CONVOY_PROFILE: profile, ...variables });
  if (environment.CONVOY_LOCAL_WORKERS !== "never") await requestWorkers(environment, ownBuildId());
  return report(configured);
}

export async function stopStack({ profile, onProgress }: ConnectOptions): Promise<{ profile: string; stopped: string[] }> {
  const { stateFolder, CONVOY_PROFILE } = readEnvironment({ CONVOY_PROFILE: profile });
  return { profile: CONVOY_PROFILE, stopped: await stopProcesses(stateFolder, onProgress) };
}

export async function stackStatus({ profile }: ConnectOptions): Promise<StackReport> {
  return report(readEnvironment({ CONVOY_PROFILE: profile }));
}

export async function resetStack({ profile, onProgress }: ConnectOptions): Promise<{ profile: string; deleted: string | null }> {
  const { stateFolder, CONVOY_PROFILE } = readEnvironment({ CONVOY_PROFILE: profile });
  const wasThere = await resetState(stateFolder, onProgress);
  return { profile: CONVOY_PROFILE, deleted: wasThere ? stateFolder : null };
}

export async function diagnose({ profile }: ConnectOptions): Promise<HealthCheck[]> {
  return diagnoseStack(readEnvironment({ CONVOY_PROFILE: profile }));
}

async function report(environment: Environment): Promise<StackReport> {
  const embedded = await embeddedServers(environment);
  const { state, details, orphanPids } = readStatus(environment.stateFolder);
  const live = state === "stopped" || state === "broken" ? null : details;
  const isOurs = embedded.temporal || embedded.s3 || state !== "stopped";
  return {
    profile: environment.CONVOY_PROFILE,
    state: isOurs ? state : "external",
    parts: [
      embedded.temporal ? temporalPart(live) : external("temporal", environment.TEMPORAL_ADDRESS ?? "by temporal.toml"),
      embedded.s3 ? s3Part(live) : external("s3", environment.S3_ENDPOINT ?? ""),
      ...(live?.workers ?? []).map(({ buildId, process }) => processPart(process.name, process, `build ${buildId}`)),
      ...orphanPids.map((pid): StackPart => ({ name: `process ${pid}`, state: "broken", detail: "runs without a supervisor" })),
    ],
    notices: live?.notices ?? [],
  };
}

function external(name: string, detail: string): StackPart {
  return { name, state: "external", detail };
}

function temporalPart(live: StackState | null): StackPart {
  return processPart("temporal", live?.temporal?.process, `${live?.temporal?.address}, web ${live?.temporal?.webUiUrl}`);
}

function s3Part(live: StackState | null): StackPart {
  return processPart("s3", live?.s3?.process, `${live?.s3?.endpoint}, ${live?.s3?.kind}`);
}

function processPart(name: string, process: ProcessState | undefined, facts: string): StackPart {
  switch (process?.status) {
    case undefined:
    case "stopped":
      return { name, state: "stopped", detail: "" };
    case "drained":
      return { name, state: "stopped", detail: `${facts}, no runs of its build left` };
    case "starting":
    case "ready":
      return { name, state: process.status === "ready" ? "running" : "starting", detail: `${facts}, process ${process.pid}` };
    case "restarting":
    case "failed":
      return { name, state: "broken", detail: process.detail ?? process.status };
  }
}
