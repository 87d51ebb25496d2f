import { Client } from "@temporalio/client";

import type { Environment } from "../environment.ts";
import { readEnvironment } from "../environment.ts";
import { connectTemporal } from "../stack/connect-temporal.ts";
import { ensureStack } from "../stack/ensure-stack.ts";
import { isOwnMistake } from "../stack/own-mistake.ts";
import { requestWorkers } from "../stack/request-workers.ts";
import type { Store } from "../storage/open-store.ts";
import { ConditionalWritesMissing, openStore } from "../storage/open-store.ts";
import { StorageFailed } from "../storage/s3-object-store.ts";
import { hideSecrets } from "../storage/secrets.ts";
import { s3Settings } from "../storage/s3-settings.ts";
import { taskQueues } from "../temporal.config.ts";
import { temporalSettings } from "../temporal.connection.ts";
import type { BuildInfo } from "../storage/build-info.ts";
import { readBuildInfo } from "../storage/build-info.ts";
import { isServed } from "./is-served.ts";
import { Models } from "./models.ts";
import { RunClient } from "./run-client.ts";
import type { Convoy } from "./types.ts";
import { Unavailable } from "./types.ts";

export interface ConnectOptions {
  /** Stands above CONVOY_PROFILE. */
  profile?: string | undefined;
  /** Told what is being started or waited for, a line each. */
  onProgress?: (line: string) => void;
}

/** Everything a client works with. */
export interface Link {
  environment: Environment;
  temporal: Client;
  store: Store;
  build: BuildInfo;
  queues: { data: string; gpu: string };
  /** Makes sure that workers of a build, by default the present one, serve its queues, or says why none do. */
  ensureWorkers(buildId?: string): Promise<void>;
}

/**
 * Starts the embedded stack where none is configured, and connects.
 * @throws {Unavailable} when a server is missing, too old or refuses
 */
export async function connect(options: ConnectOptions = {}): Promise<Convoy> {
  const { environment, embedded } = await startServers(options);
  const build = await readBuildInfo();
  const [store, client] = await openServers(environment, options);
  const queues = taskQueues(store.id, build.buildId);
  const ensureWorkers = async (buildId = build.buildId) => {
    if (await workersWanted(environment, embedded.temporal, client, taskQueues(store.id, buildId)))
      await requestWorkers(environment, buildId);
  };
  return new RunClient({ environment, temporal: client, store, build, queues, ensureWorkers });
}

/** Both, or neither: one that is left open would keep the caller's process from ending. */
async function openServers(environment: Environment, { onProgress }: ConnectOptions): Promise<[Store, Client]> {
  const opening = [openConfiguredStore(environment), openTemporal(environment, onProgress)] as const;
  const [store, client] = await Promise.allSettled(opening);
  if (store.status === "rejected") {
    if (client.status === "fulfilled") await client.value.connection.close();
    throw store.reason;
  }
  if (client.status === "fulfilled") return [store.value, client.value];
  store.value.close();
  throw client.reason;
}

/** What works without Temporal: the store and the models in it. */
export interface StoreLink {
  environment: Environment;
  /** Settings of the embedded store, for a process that is started to use it. Holds secrets. */
  variables: Readonly<Record<string, string>>;
  store: Store;
  models: Models;
}

/**
 * Starts the embedded store where none is configured, and opens it; Temporal is not asked.
 * @throws {Unavailable} when the store is missing or refuses
 */
export async function openStoreLink(options: ConnectOptions = {}): Promise<StoreLink> {
  const { environment, variables } = await startServers({ ...options, storageOnly: true });
  const store = await openConfiguredStore(environment);
  return { environment, variables, store, models: new Models(store) };
}

async function startServers({ profile, ...options }: ConnectOptions & { storageOnly?: boolean }) {
  const configured = readEnvironment({ CONVOY_PROFILE: profile });
  hideSecrets(configured);
  const { variables, embedded } = await ensureStack(configured, options);
  const environment = readEnvironment({ CONVOY_PROFILE: profile, ...variables });
  hideSecrets(environment); // those of the embedded store among them
  return { environment, variables, embedded };
}

async function workersWanted(
  environment: Environment,
  embedded: boolean,
  client: Client,
  queues: { data: string; gpu: string },
): Promise<boolean> {
  if (environment.CONVOY_LOCAL_WORKERS !== "auto") return environment.CONVOY_LOCAL_WORKERS === "always";
  if (embedded) return true;
  const served = await Promise.all([isServed(client, queues.data), isServed(client, queues.gpu)]);
  return !served.every(Boolean);
}

async function openConfiguredStore(environment: Environment): Promise<Store> {
  const settings = s3Settings(environment);
  try {
    return await openStore(settings, `${environment.cacheFolder}/artifacts`);
  } catch (cause) {
    if (cause instanceof ConditionalWritesMissing)
      throw new Unavailable(cause.message, "set S3_ENDPOINT to another server", { cause });
    if (!(cause instanceof StorageFailed)) throw cause;
    const hint =
      cause.status === 403 || cause.status === 401
        ? "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what the key may do with the bucket"
        : "check S3_ENDPOINT and S3_BUCKET, or see `convoy doctor`";
    throw new Unavailable(cause.message, hint, { cause });
  }
}

async function openTemporal(environment: Environment, onProgress?: (line: string) => void): Promise<Client> {
  const { connectionOptions, namespace } = await temporalSettings(environment);
  const address = connectionOptions.address ?? "localhost:7233";
  try {
    const onWait = () => onProgress?.(`Temporal at ${address} does not answer yet; waiting`);
    const { connection } = await connectTemporal({ connectionOptions, namespace }, onWait);
    return new Client({ connection, namespace });
  } catch (cause) {
    if (cause instanceof Unavailable || isOwnMistake(cause)) throw cause;
    throw new Unavailable(
      `Temporal does not answer at ${address}, namespace ${namespace}: ${cause instanceof Error ? cause.message : String(cause)}`,
      "start it, or check TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE; without them convoy brings its own",
      { cause },
    );
  }
}
