import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

import { createAdaptorServer } from "@hono/node-server";

import type { StageLog } from "../activities/stage.ts";
import type { ModelVersion } from "../ml/register/schema.ts";
import type { AdmissionLimits } from "./admission.ts";
import type { HolderOptions } from "./model-holder.ts";
import { ModelHolder } from "./model-holder.ts";
import { createServingApp } from "./serving-app.ts";
import { ServingMetrics } from "./serving-metrics.ts";

export interface ServeOptions extends Pick<HolderOptions, "resolve" | "open"> {
  host: string;
  /** 0: any that is free. */
  port: number;
  token: string | null;
  log: StageLog;
  pollMs?: number;
  limits?: Partial<AdmissionLimits>;
}

export interface ServedModel {
  url: string;
  version: ModelVersion;
  /** Takes no new connections, answers what was asked, and ends every process. */
  close(): Promise<void>;
}

/** An alias move is seen within this time. */
const standardPollMs = 2_000;
/** A client that does not take its answer is waited for no longer. */
const drainWithinMs = 10_000;

/** Loads a model, and answers for it over HTTP until closed. @throws whatever keeps the first version from answering */
export async function serveModel(options: ServeOptions): Promise<ServedModel> {
  const metrics = new ServingMetrics();
  let draining = false;
  const holder = new ModelHolder({
    resolve: options.resolve,
    open: options.open,
    log: options.log,
    pollMs: options.pollMs ?? standardPollMs,
    onBatch: (rows, seconds) => {
      metrics.batchRows.observe(rows);
      metrics.batchSeconds.observe(seconds);
    },
    onChange: (version, isServed) => {
      if (isServed) metrics.version.set(version);
      metrics.versionChanges.inc({ result: isServed ? "served" : "failed" });
    },
  });
  const version = await holder.start();
  const { token, log, limits = {} } = options;
  const app = createServingApp({ name: version.name, holder, metrics, token, log, limits, isDraining: () => draining });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server; // plain HTTP: no other kind was asked for
  try {
    await listen(server, options);
  } catch (error) {
    await holder.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    version,
    async close() {
      draining = true;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const late = setTimeout(() => server.closeAllConnections(), drainWithinMs);
      await closed;
      clearTimeout(late);
      await holder.close();
    },
  };
}

function listen(server: Server, { host, port }: Pick<ServeOptions, "host" | "port">): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
