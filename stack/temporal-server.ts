import { Connection } from "@temporalio/client";

import { childVariables } from "../environment.ts";
import { searchAttributes } from "../temporal.config.ts";
import { embeddedNamespace } from "./embedded-variables.ts";
import { stackMark } from "./process-identity.ts";
import { stackPaths } from "./stack-files.ts";
import type { LaunchPlan } from "./supervised-process.ts";

/**
 * How often a second the server's queues of tasks to dispatch, timers and listings may be read, for each shard of its history. The default of 20 is
 * meant for thousands of shards; the development server has one, on which every activity then waited 50 ms twice.
 * @see https://github.com/temporalio/temporal/blob/main/common/dynamicconfig/constants.go
 */
export const developmentSettings: readonly string[] = ["transfer", "timer", "visibility"].flatMap((queue) => [
  "--dynamic-config-value",
  `history.${queue}ProcessorMaxPollRPS=1000`,
]);

/** How the embedded Temporal is started: Temporal's own development server with a database file that survives a power cut. */
export function temporalLaunch(program: string, stateFolder: string, ports: { grpc: number; ui: number }): LaunchPlan {
  const address = `127.0.0.1:${ports.grpc}`;
  const database = ["--db-filename", stackPaths(stateFolder).database];
  database.push("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL");
  const addresses = ["--ip", "127.0.0.1", "--port", String(ports.grpc), "--ui-port", String(ports.ui)];
  const attributes = searchAttributes.flatMap((name) => ["--search-attribute", `${name}=Keyword`]);
  return {
    command: program,
    args: ["server", "start-dev", ...database, ...addresses, "--log-level", "warn", ...developmentSettings, ...attributes],
    env: childVariables({
      [stackMark]: stateFolder,
      TEMPORAL_ADDRESS: undefined,
      TEMPORAL_NAMESPACE: undefined,
      TEMPORAL_CONFIG_FILE: undefined,
    }),
    cwd: stateFolder,
    probe: () => probeTemporal(address),
  };
}

/** Resolves when the server answers and its namespace is there; rejects with the reason otherwise. */
export async function probeTemporal(address: string, namespace = embeddedNamespace): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: "2 seconds" });
  try {
    await connection.workflowService.getSystemInfo({});
    await connection.workflowService.describeNamespace({ namespace });
  } finally {
    await connection.close();
  }
}
