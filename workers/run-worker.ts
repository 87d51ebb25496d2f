import { basename } from "node:path";
import { fileURLToPath } from "node:url";

import type { WorkerOptions } from "@temporalio/worker";
import { NativeConnection, Runtime, Worker } from "@temporalio/worker";
import type { Logger } from "pino";

import type { StageDependencies } from "../activities/run-stage.ts";
import type { Environment } from "../environment.ts";
import { readEnvironment } from "../environment.ts";
import { hideSecrets } from "../storage/secrets.ts";
import { forgetErased } from "../storage/erasures.ts";
import type { Store } from "../storage/open-store.ts";
import { openStore } from "../storage/open-store.ts";
import { gpuClassQueue, taskQueues } from "../temporal.config.ts";
import { temporalSettings } from "../temporal.connection.ts";
import { exitWhenSuperseded } from "./drain.ts";
import { serveHealth } from "./health.ts";
import { createLogger, openAttemptLog, temporalLogger } from "./logging.ts";
import { s3Settings } from "../storage/s3-settings.ts";

export interface WorkerPlan {
  kind: "data" | "gpu";
  environment: Environment;
  store: Store;
  logger: Logger;
  dependencies: StageDependencies;
}

/** Folder of the build this worker was started from, and the build's name: the folder's own. */
export const buildFolder = fileURLToPath(new URL("..", import.meta.url));

/**
 * The composition root both workers share: settings, log, store, connection, health, shutdown. Ends when the worker is told to stop, or
 * by itself when a newer build has taken over and no run of its own is left (exit code 0: it need not be started again).
 */
export async function runWorker(kind: "data" | "gpu", options: (plan: WorkerPlan) => Partial<WorkerOptions>): Promise<void> {
  // The log lies on a disk that may be full: a line that cannot be written ends no run.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const environment = readEnvironment();
  const buildId = environment.CONVOY_BUILD_ID ?? basename(buildFolder);
  hideSecrets(environment);
  const logger = createLogger(environment.CONVOY_LOG_LEVEL, { worker: kind, buildId });
  Runtime.install({
    logger: temporalLogger(logger),
    telemetryOptions: environment.CONVOY_METRICS_ADDRESS
      ? { metrics: { prometheus: { bindAddress: environment.CONVOY_METRICS_ADDRESS } } }
      : {},
  });
  const store = await openStore(s3Settings(environment), `${environment.cacheFolder}/artifacts`);
  await forgetErased(store.objects, store.artifacts);
  const { connectionOptions, namespace } = await temporalSettings(environment);
  const connection = await NativeConnection.connect(connectionOptions);
  const dependencies: StageDependencies = {
    store,
    environment: { node: `v${process.versions.node.split(".")[0]}`, platform: `${process.platform}-${process.arch}` },
    openLog: (attempt) => openAttemptLog(environment.CONVOY_LOG_LEVEL, store.objects, attempt),
  };
  const queues = taskQueues(store.id, buildId);
  const taskQueue = kind === "gpu" ? gpuClassQueue(queues.gpu, environment.CONVOY_GPU_CLASS) : queues.data;
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    identity: `convoy-${kind}-${process.pid}`,
    ...options({ kind, environment, store, logger, dependencies }),
  });
  const health = serveHealth(environment.CONVOY_HEALTH_ADDRESS, () => worker.getState());
  const draining = exitWhenSuperseded({ worker, connection, namespace, queue: queues.data, buildId, environment, logger });
  logger.info({ queue: taskQueue, store: store.objects.describe() }, "worker ready");
  try {
    await worker.run();
  } finally {
    draining.stop();
    health.close();
    await connection.close();
    store.close();
  }
  logger.info("worker stopped");
}
