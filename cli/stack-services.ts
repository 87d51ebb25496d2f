import type { Environment } from "../environment.ts";
import { readEnvironment } from "../environment.ts";
import { diagnose as diagnoseStack } from "../stack/doctor.ts";
import { embeddedServers, ensureStack } from "../stack/ensure-stack.ts";
import { ownBuildId } from "../stack/project.ts";
import { requestWorkers } from "../stack/request-workers.ts";
import { stackStatus as readStatus } from "../stack/stack-status.ts";
import type { ProcessState } from "../stack/stack-state.ts";
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

export async function resetStack({ profile, onProgress }: ConnectOptions): Promise<{ profile: string; deleted: string }> {
  const { stateFolder, CONVOY_PROFILE } = readEnvironment({ CONVOY_PROFILE: profile });
  await resetState(stateFolder, onProgress);
  return { profile: CONVOY_PROFILE, deleted: stateFolder };
}

export async function diagnose({ profile }: ConnectOptions): Promise<HealthCheck[]> {
  return diagnoseStack(readEnvironment({ CONVOY_PROFILE: profile }));
}

async function report(environment: Environment): Promise<StackReport> {
  const embedded = await embeddedServers(environment);
  const { state, details, orphanPids } = readStatus(environment.stateFolder);
  const { temporal, s3, workers } = (state === "running" || state === "starting" ? details : null) ?? {
    temporal: null,
    s3: null,
    workers: [],
  };
  const parts: StackPart[] = [
    embedded.temporal
      ? {
          ...part("temporal", temporal?.process),
          ...(temporal ? { detail: `${temporal.address}, web ${temporal.webUiUrl}` } : {}),
        }
      : { name: "temporal", state: "configured", detail: environment.TEMPORAL_ADDRESS ?? "by temporal.toml" },
    embedded.s3
      ? { ...part("s3", s3?.process), ...(s3 ? { detail: `${s3.endpoint}, ${s3.kind}` } : {}) }
      : { name: "s3", state: "configured", detail: environment.S3_ENDPOINT ?? "" },
    ...workers.map(({ buildId, process }) => {
      const worker = part(process.name, process);
      return { ...worker, detail: `${worker.detail}, build ${buildId}` };
    }),
    ...orphanPids.map((pid): StackPart => ({ name: `process ${pid}`, state: "broken", detail: "runs without a supervisor" })),
  ];
  return { profile: environment.CONVOY_PROFILE, state: overall(parts), parts };
}

function part(name: string, process: ProcessState | undefined): StackPart {
  if (!process || process.status === "stopped") return { name, state: "stopped", detail: "" };
  const isWell = process.status === "ready" || process.status === "starting" || process.status === "drained";
  return {
    name,
    state: isWell ? "running" : "broken",
    detail: isWell ? `process ${process.pid}` : (process.detail ?? process.status),
  };
}

/** Configured servers count for neither side: whether they run is not ours to say. */
function overall(parts: readonly StackPart[]): StackReport["state"] {
  const own = parts.filter(({ state }) => state !== "configured");
  if (own.every(({ state }) => state === "running")) return own.length > 0 ? "running" : "stopped";
  return own.every(({ state }) => state === "stopped") ? "stopped" : "partial";
}
