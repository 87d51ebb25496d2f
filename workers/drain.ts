import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { Client } from "@temporalio/client";
import type { NativeConnection, Worker } from "@temporalio/worker";
import type { Logger } from "pino";

import type { Environment } from "../environment.ts";

const checkEveryMs = 15_000;

/**
 * Lets a worker of an old build end: once a newer build's workers were asked for on this machine and no run of its own build is open.
 * Workers that a cluster started (no wish file of theirs on this machine) stay until they are told to stop.
 */
export function exitWhenSuperseded(options: {
  worker: Worker;
  connection: NativeConnection;
  namespace: string;
  queue: string;
  buildId: string;
  environment: Environment;
  logger: Logger;
}): { stop(): void } {
  const { worker, connection, namespace, queue, buildId, environment, logger } = options;
  const client = new Client({ connection, namespace });
  const check = async () => {
    if (worker.getState() !== "RUNNING" || !(await isSuperseded(join(environment.stateFolder, "workers"), buildId))) return;
    const { count } = await client.workflow.count(`TaskQueue = "${queue}" AND ExecutionStatus = "Running"`);
    if (count > 0 || worker.getState() !== "RUNNING") return;
    logger.info("a newer build has taken over and no run of this one is open: the worker ends");
    worker.shutdown();
  };
  const timer = setInterval(() => {
    check().catch((error: unknown) => logger.debug({ error: String(error) }, "could not ask for open runs; asking again later"));
  }, checkEveryMs);
  return { stop: () => clearInterval(timer) };
}

/** Whether another build's workers were asked for later than this one's; wish files are named `<build>.<servers>.json`. */
async function isSuperseded(wishFolder: string, buildId: string): Promise<boolean> {
  const askedAt = new Map<string, number>();
  for (const name of await readdir(wishFolder).catch(() => [])) {
    if (!name.endsWith(".json")) continue;
    const [build = ""] = name.split("."); // <build id>.<connection>.json
    askedAt.set(build, Math.max(askedAt.get(build) ?? 0, (await stat(join(wishFolder, name))).mtimeMs));
  }
  const own = askedAt.get(buildId);
  return own !== undefined && [...askedAt.values()].some((time) => time > own);
}
