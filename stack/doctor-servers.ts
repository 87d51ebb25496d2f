import { execFile } from "node:child_process";
import { promisify } from "node:util";

import type { Environment } from "../environment.ts";
import { probeConditionalWrites } from "../storage/open-store.ts";
import { S3ObjectStore } from "../storage/s3-object-store.ts";
import { s3Settings } from "../storage/s3-settings.ts";
import { temporalSettings } from "../temporal.connection.ts";
import { connectTemporal } from "./connect-temporal.ts";
import { s3Variables, temporalVariables } from "./embedded-variables.ts";
import { embeddedServers } from "./ensure-stack.ts";
import type { HealthCheck } from "./health-check.ts";
import { ok, problem, unanswered, warning } from "./health-check.ts";
import { installCommand, s3Program, temporalProgram } from "./project.ts";
import { readLiveState } from "./stack-state.ts";
import { Unavailable } from "./unavailable.ts";

/** Whether the servers, configured or embedded, answer and can do what convoy relies on. Starts none. */
export async function probeServers(environment: Environment): Promise<HealthCheck[]> {
  const embedded = await embeddedServers(environment);
  const state = readLiveState(environment.stateFolder);
  const temporal = embedded.temporal ? state?.temporal : undefined;
  const s3 = embedded.s3 ? state?.s3 : undefined;
  const reachable = withVariables(environment, {
    ...(temporal ? temporalVariables(temporal.address) : {}),
    ...(s3 ? s3Variables(environment.stateFolder, s3.endpoint) : {}),
  });
  return Promise.all([
    temporal || !embedded.temporal ? checkTemporal(reachable) : checkTemporalProgram(),
    s3 || !embedded.s3 ? checkS3(reachable) : checkS3Program(),
  ]);
}

/** An empty variable means the same as none. */
function withVariables(environment: Environment, variables: Record<string, string>): Environment {
  const values = Object.entries(variables).map(([name, value]) => [name, value === "" ? undefined : value]);
  return { ...environment, ...(Object.fromEntries(values) as Partial<Environment>) };
}

async function checkTemporalProgram(): Promise<HealthCheck> {
  const program = await temporalProgram();
  if (program === undefined) return warning("temporal", "not installed yet; the first run does it", installCommand("temporal"));
  const { stdout } = await promisify(execFile)(program, ["--version"], { timeout: 10_000 });
  return ok("temporal", `${stdout.trim()}, not running`);
}

async function checkTemporal(environment: Environment): Promise<HealthCheck> {
  const { connectionOptions, namespace } = await temporalSettings(environment);
  const where = `${connectionOptions.address}, namespace ${namespace}`;
  try {
    const { connection, serverVersion } = await connectTemporal({ connectionOptions, namespace });
    await connection.close();
    return ok("temporal", `${where}: server ${serverVersion}`);
  } catch (error) {
    if (error instanceof Unavailable) return problem("temporal", error.message, error.hint);
    return unanswered("temporal", { where, error, hint: "start it, or check TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE" });
  }
}

async function checkS3Program(): Promise<HealthCheck> {
  const server = await s3Program();
  if (server) return ok("s3", `${server.kind}, not running`);
  return warning("s3", "not installed yet; the first run does it", installCommand("s3"));
}

async function checkS3(environment: Environment): Promise<HealthCheck> {
  const objects = new S3ObjectStore(s3Settings(environment));
  try {
    await objects.ensureBucket();
    await probeConditionalWrites(objects);
    return ok("s3", `${objects.describe()}: conditional writes hold`);
  } catch (error) {
    return unanswered("s3", { where: objects.describe(), error, hint: "check S3_ENDPOINT, S3_BUCKET and the AWS credentials" });
  } finally {
    objects.close();
  }
}
