import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readEnvironment } from "../environment.ts";
import { developmentSettings } from "../stack/temporal-server.ts";
import type { S3Settings } from "../storage/s3-object-store.ts";

/** A real server of a test's own: on 127.0.0.1, on a free port, stopped by pid. */
export interface TestServer {
  port: number;
  /** SIGKILL, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same port over the same data. */
  start(): Promise<void>;
  /** Ends it for good and deletes its data. */
  close(): Promise<void>;
}

export interface TestS3Server extends TestServer {
  settings: S3Settings;
  /** Where its buckets lie. */
  bucketsFolder: string;
  /** The variables that make convoy use it. */
  variables: Record<string, string>;
}

export interface TestTemporalServer extends TestServer {
  variables: Record<string, string>;
}

/** versitygw over a folder of its own. */
export async function startS3Server(): Promise<TestS3Server> {
  const folder = await mkdtemp(join(tmpdir(), "convoy-s3-"));
  for (const name of ["root", "versions", "iam"]) await mkdir(join(folder, name));
  const port = await freePort();
  const credentials = { accessKeyId: "test-access", secretAccessKey: "test-secret-0123456789" };
  const server = await supervise({
    command: join(readEnvironment().cacheFolder, `versitygw-1.8.0-${process.arch}`, "versitygw"),
    args: [
      "--port",
      `127.0.0.1:${port}`,
      "--region",
      "us-east-1",
      "--keep-alive",
      "--quiet",
      "--iam-dir",
      join(folder, "iam"),
    ].concat(["posix", "--versioning-dir", join(folder, "versions"), join(folder, "root")]),
    env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
    folder,
    port,
  });
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    ...server,
    bucketsFolder: join(folder, "root"),
    settings: { endpoint, region: "us-east-1", bucket: "convoy", prefix: "", forcePathStyle: true, credentials },
    variables: {
      S3_ENDPOINT: endpoint,
      S3_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  };
}

/** Temporal's development server with a database file, so that it can be killed and started again. */
export async function startTemporalServer(): Promise<TestTemporalServer> {
  const folder = await mkdtemp(join(tmpdir(), "convoy-temporal-"));
  const port = await freePort();
  const server = await supervise({
    command: join(readEnvironment().cacheFolder, `temporal-1.9.1-${process.arch}`, "temporal"),
    args: ["server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", String(port), "--log-level", "error"].concat(
      ["--db-filename", join(folder, "temporal.db"), "--sqlite-pragma", "journal_mode=WAL", ...developmentSettings],
      ["ConvoyPipeline", "ConvoyStatus"].flatMap((name) => ["--search-attribute", `${name}=Keyword`]),
    ),
    env: {},
    folder,
    port,
  });
  return { ...server, variables: { TEMPORAL_ADDRESS: `127.0.0.1:${port}`, TEMPORAL_NAMESPACE: "default" } };
}

async function supervise(plan: {
  command: string;
  args: string[];
  env: Record<string, string>;
  folder: string;
  port: number;
}): Promise<TestServer> {
  let child: ChildProcess;
  const start = async () => {
    child = spawn(plan.command, plan.args, { env: { ...process.env, ...plan.env }, stdio: "ignore" });
    await listening(plan.port, child);
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  };
  const close = async () => {
    await kill();
    await rm(plan.folder, { recursive: true, force: true });
  };
  await start();
  return { port: plan.port, start, kill, close };
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  const { connect } = await import("node:net");
  for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 50) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode} before it listened on ${port}`);
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1")
        .once("connect", () => resolve(true))
        .once("error", () => resolve(false));
      socket.unref();
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`No server listened on ${port} within 30 s`);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
