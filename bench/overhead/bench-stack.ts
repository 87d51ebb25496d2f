import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Client, Connection } from "@temporalio/client";

import type { BuildInfo } from "../../storage/build-info.ts";
import { readBuildInfo } from "../../storage/build-info.ts";
import { childVariables, readEnvironment } from "../../environment.ts";
import { ensureStack } from "../../stack/ensure-stack.ts";
import { stopStack } from "../../stack/stop-stack.ts";
import type { Store } from "../../storage/open-store.ts";
import { openStore } from "../../storage/open-store.ts";
import { s3Settings } from "../../storage/s3-settings.ts";
import { taskQueues } from "../../temporal.config.ts";
import { temporalSettings } from "../../temporal.connection.ts";
import { waitUntil } from "../wait-until.ts";

/** A stack of the benchmark's own: the embedded servers over empty data, and workers whose stages do nothing. */
export interface BenchStack {
  folder: string;
  /** For commands that are to use this stack and its workers. */
  variables: Record<string, string>;
  temporal: Client;
  store: Store;
  build: BuildInfo;
  queues: { data: string; gpu: string };
  close(): Promise<void>;
}

export async function startBenchStack(): Promise<BenchStack> {
  const folder = await mkdtemp(join(tmpdir(), "convoy-bench-"));
  const own = {
    CONVOY_PROFILE: "bench",
    CONVOY_LOCAL_WORKERS: "never",
    XDG_DATA_HOME: folder,
    TEMPORAL_ADDRESS: "",
    S3_ENDPOINT: "",
    S3_PREFIX: "",
  };
  const { stateFolder } = readEnvironment(own);
  const connection = await ensureStack(readEnvironment(own));
  const variables = { ...own, ...connection.variables };
  const environment = readEnvironment(variables);
  const [store, build, settings] = await Promise.all([
    openStore(s3Settings(environment), join(folder, "artifacts")),
    readBuildInfo(),
    temporalSettings(environment),
  ]);
  const temporalConnection = await Connection.connect(settings.connectionOptions);
  const workers = await Promise.all([startWorker("data", folder, variables), startWorker("gpu", folder, variables)]);
  return {
    folder,
    variables,
    temporal: new Client({ connection: temporalConnection, namespace: settings.namespace }),
    store,
    build,
    queues: taskQueues(store.id, build.buildId),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await temporalConnection.close();
      store.close();
      await stopStack(stateFolder);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when it polls. Its log goes where a real worker's goes: into a file. */
async function startWorker(kind: "data" | "gpu", folder: string, variables: Record<string, string>) {
  const logPath = join(folder, `${kind}-worker.log`);
  const log = openSync(logPath, "w", 0o600);
  const program = fileURLToPath(new URL("../overhead-worker.js", import.meta.url));
  const child = spawn(process.execPath, [program, kind], { env: childVariables(variables), stdio: ["ignore", log, log] });
  closeSync(log);
  const exited = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  await waitUntil(async () => {
    const text = await readFile(logPath, "utf8");
    if (child.exitCode !== null) throw new Error(`The ${kind} worker ended with ${child.exitCode}: ${text.slice(-2000)}`);
    return text.includes("worker ready");
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
  };
  return { stop };
}
