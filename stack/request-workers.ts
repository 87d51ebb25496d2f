import { createHash } from "node:crypto";
import { join } from "node:path";
import { utimesSync } from "node:fs";

import type { Environment } from "../environment.ts";
import { environmentSchema } from "../environment.ts";
import { ensureSupervisor } from "./ensure-stack.ts";
import { buildFolder, installMissing } from "./project.ts";
import type { WorkerWish } from "./stack-files.ts";
import { isWholeBuild, prepareStateFolder, readJsonFile, stackPaths, workerWishSchema, writeJsonFile } from "./stack-files.ts";
import { readLiveState } from "./stack-state.ts";

/** What a worker is told anew at each start, by whoever starts it. */
const ownVariables = new Set([
  "CONVOY_BUILD_ID",
  "CONVOY_GPU_CLASS",
  "CONVOY_HEALTH_ADDRESS",
  "CONVOY_METRICS_ADDRESS",
  "NO_COLOR",
  "FORCE_COLOR",
  "TERM",
]);
/** Those of the embedded servers come from the supervisor, because a port may change while a worker is wished for. */
const temporalNames = new Set(["TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"]);
const s3Names = new Set([
  "CONVOY_S3_FOLDER",
  "S3_ENDPOINT",
  "S3_REGION",
  "S3_ADDRESSING",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
]);

/**
 * Makes sure that this machine runs workers of a build for the servers that `environment` points at: one that runs is left
 * alone, a supervisor is started where none does. Returns before the workers poll; work waits for them in its queue.
 * @param environment with the variables of the embedded servers, as `ensureStack` gave them
 * @throws {Unavailable}
 */
export async function requestWorkers(environment: Environment, buildId: string): Promise<void> {
  await installMissing(["tensorflow"]);
  const { stateFolder } = environment;
  prepareStateFolder(stateFolder);
  const wish = wishFor(environment, buildId);
  const path = join(stackPaths(stateFolder).wishes, `${buildId}.${connectionKey(wish)}.json`);
  const known = readJsonFile(path, workerWishSchema);
  // Another copy of the same code does as well as this one: work that its workers do is not interrupted.
  if (known && isWholeBuild(known.buildFolder)) wish.buildFolder = known.buildFolder;
  if (JSON.stringify(known) === JSON.stringify(wish)) utimesSync(path, new Date(), new Date());
  else writeJsonFile(path, wish, 0o600);
  await ensureSupervisor(stateFolder, () => undefined);
}

function wishFor(environment: Environment, buildId: string): WorkerWish {
  const state = readLiveState(environment.stateFolder);
  const embedded = {
    temporal: state?.temporal?.address !== undefined && state.temporal.address === environment.TEMPORAL_ADDRESS,
    s3: state?.s3?.endpoint !== undefined && state.s3.endpoint === environment.S3_ENDPOINT,
  };
  const isLeftOut = (name: string) =>
    ownVariables.has(name) || (embedded.temporal && temporalNames.has(name)) || (embedded.s3 && s3Names.has(name));
  const variables: Record<string, string> = {};
  for (const name of Object.keys(environmentSchema.shape).sort()) {
    const value = environment[name as keyof Environment];
    if (value !== undefined && !isLeftOut(name)) variables[name] = String(value);
  }
  return {
    formatVersion: 1,
    buildId,
    buildFolder: buildFolder(buildId),
    dataWorkers: environment.CONVOY_DATA_WORKERS,
    gpuWorkers: environment.CONVOY_GPU_WORKERS,
    embedded,
    variables,
  };
}

/** Equal for wishes that differ only in how their workers run: these replace each other, where others stand side by side. */
function connectionKey({ embedded, variables }: WorkerWish): string {
  const names = [
    "TEMPORAL_ADDRESS",
    "TEMPORAL_NAMESPACE",
    "TEMPORAL_CONFIG_FILE",
    "TEMPORAL_PROFILE",
    "S3_ENDPOINT",
    "S3_BUCKET",
    "S3_PREFIX",
  ];
  const connection = [embedded.temporal, embedded.s3, ...names.map((name) => variables[name] ?? null)];
  return createHash("sha256").update(JSON.stringify(connection)).digest("hex").slice(0, 6);
}
