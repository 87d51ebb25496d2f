import { readFile } from "node:fs/promises";

import { loadClientConnectConfig } from "@temporalio/envconfig";

import type { Environment } from "./environment.ts";
import { childVariables } from "./environment.ts";
import { oldestServer } from "./temporal.config.ts";

/**
 * How to reach the configured Temporal: environment variables over `temporal.toml`, Temporal's own rules and formats.
 * @see https://docs.temporal.io/references/client-environment-configuration
 */
export async function temporalSettings(environment: Environment) {
  const file = environment.TEMPORAL_CONFIG_FILE;
  const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE } = environment; // of the embedded stack, perhaps, which this process's variables lack
  const config = loadClientConnectConfig({
    overrideEnvVars: childVariables({ TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE }),
    ...(environment.TEMPORAL_PROFILE === undefined ? {} : { profile: environment.TEMPORAL_PROFILE }),
    ...(file === undefined ? {} : { configSource: { data: await readFile(file) } }),
  });
  return { connectionOptions: config.connectionOptions, namespace: config.namespace ?? "default" };
}

/** Whether a server is configured at all; otherwise convoy brings its own. */
export async function isTemporalConfigured(environment: Environment): Promise<boolean> {
  const { connectionOptions } = await temporalSettings(environment);
  return connectionOptions.address !== undefined;
}

/** Whether a server lacks what convoy relies on. @param version as the server tells it, `1.28.0-rc.1` say; one that tells none is too old */
export function isTooOld(version: string | null | undefined): boolean {
  const [theirs, needed] = [version || "0", oldestServer].map((text) => text.split(/[.-]/).map(Number));
  const difference = [0, 1, 2].map((i) => (theirs?.[i] ?? 0) - (needed?.[i] ?? 0)).find((step) => step !== 0);
  return difference !== undefined && difference < 0;
}
