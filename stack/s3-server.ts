import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";

import { childVariables } from "../environment.ts";
import { embeddedRegion, versitygwBuckets } from "./embedded-variables.ts";
import { stackMark } from "./process-identity.ts";
import type { S3Keys, S3Kind } from "./stack-files.ts";
import { s3Keys, stackPaths } from "./stack-files.ts";
import type { LaunchPlan } from "./supervised-process.ts";

/** Ports that a server of this kind needs besides that of S3 itself. */
export const companionPorts = {
  versitygw: [],
  seaweedfs: ["master", "volume", "filer", "admin", "webdav", "masterGrpc", "volumeGrpc", "filerGrpc", "adminGrpc", "s3Grpc"],
} as const satisfies Record<S3Kind, readonly string[]>;

/** How the embedded S3 server is started; on the loopback address only, with keys made for this stack. */
export function s3Launch(kind: S3Kind, program: string, stateFolder: string, port: (name: string) => number): LaunchPlan {
  const keys = s3Keys(stateFolder);
  const folder = join(stackPaths(stateFolder).s3, kind);
  mkdirSync(folder, { recursive: true });
  const common = { command: program, cwd: stateFolder, probe: () => probeS3(`http://127.0.0.1:${port("s3")}`, keys) };
  return kind === "versitygw"
    ? { ...common, args: versitygwArguments(stateFolder, folder, port("s3")), env: versitygwVariables(stateFolder, keys) }
    : { ...common, args: seaweedfsArguments(folder, port), env: seaweedfsVariables(stateFolder, keys) };
}

/** Resolves when the server answers a signed request; rejects with the reason otherwise. */
export async function probeS3(endpoint: string, credentials: S3Keys): Promise<void> {
  const client = new S3Client({ endpoint, region: embeddedRegion, credentials, forcePathStyle: true, maxAttempts: 1 });
  try {
    await client.send(new ListBucketsCommand({}), { abortSignal: AbortSignal.timeout(5_000) });
  } finally {
    client.destroy();
  }
}

/** Sibling folders, absolute, made beforehand: versitygw checks by prefix that none lies within another. */
function versitygwArguments(stateFolder: string, folder: string, port: number): string[] {
  const root = versitygwBuckets(stateFolder);
  const [versions, accounts] = [join(folder, "versions"), join(folder, "accounts")];
  for (const path of [root, versions, accounts]) mkdirSync(path, { recursive: true });
  const gateway = ["--port", `127.0.0.1:${port}`, "--region", embeddedRegion, "--keep-alive", "--quiet", "--iam-dir", accounts];
  return [...gateway, "posix", "--versioning-dir", versions, root];
}

function versitygwVariables(stateFolder: string, keys: S3Keys): Record<string, string> {
  const own = { [stackMark]: stateFolder, ROOT_ACCESS_KEY: keys.accessKeyId, ROOT_SECRET_KEY: keys.secretAccessKey };
  const inherited = Object.entries(childVariables({})).filter(([name]) => !name.startsWith("VGW_") && !name.startsWith("ROOT_"));
  return { ...Object.fromEntries(inherited), ...own };
}

/** Its telemetry is on by default, and its other services answer anyone: off, and on the loopback address. */
function seaweedfsArguments(folder: string, port: (name: string) => number): string[] {
  const parts = ["s3", "master", "volume", "filer", "admin"];
  const ports = parts.flatMap((part) => [`-${part}.port=${port(part)}`, `-${part}.port.grpc=${port(`${part}Grpc`)}`]);
  const addresses = [
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    ...ports,
    `-webdav.port=${port("webdav")}`,
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
  ];
  const safety = ["-master.telemetry=false", "-s3.allowDeleteBucketNotEmpty=false", "-s3.autoCreateBucket=false"];
  return ["mini", `-dir=${folder}`, ...addresses, ...safety];
}

function seaweedfsVariables(stateFolder: string, keys: S3Keys): Record<string, string> {
  const credentials = {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: undefined,
  };
  return childVariables({ [stackMark]: stateFolder, ...credentials });
}
