import { createServer } from "node:net";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { GetObjectCommand, PutObjectCommand, CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { Client, Connection } from "@temporalio/client";
import { afterAll, describe, expect, test } from "vitest";

import type { CliResult } from "../../bench/convoy-process.ts";
import { convoy, startConvoy } from "../../bench/convoy-process.ts";
import { findStackProcesses, identityOf, stopProcesses } from "../../stack/process-identity.ts";
import { s3Keys, stackPaths, writeJsonFile } from "../../stack/stack-files.ts";
import type { StackState } from "../../stack/stack-state.ts";
import { readLastState, readLiveState } from "../../stack/stack-state.ts";
import { until } from "../stack/in-folder.ts";

interface Home {
  stateFolder: string;
  run: (args: string[], variables?: Record<string, string>) => Promise<CliResult>;
  start: (args: string[]) => ReturnType<typeof startConvoy>;
  state: () => StackState;
}

/** A data home of a few tests', one after the other, for a stack without workers; what it left running is stopped by its mark. */
function newHome(): Home {
  const data = mkdtempSync(join(tmpdir(), "convoy-e2e-stack-"));
  const stateFolder = join(data, "convoy", "default");
  const own = { XDG_DATA_HOME: data, CONVOY_PROFILE: "default", CONVOY_LOCAL_WORKERS: "never" };
  const state = () => {
    const live = readLiveState(stateFolder);
    if (!live) throw new Error(`no stack runs in ${stateFolder}: ${JSON.stringify(readLastState(stateFolder))}`);
    return live;
  };
  afterAll(async () => {
    await stopProcesses(findStackProcesses(stateFolder), 5_000);
    rmSync(data, { recursive: true, force: true });
  });
  return {
    stateFolder,
    state,
    run: (args, variables = {}) => convoy(args, { env: { ...own, ...variables } }),
    start: (args) => startConvoy(args, { env: own }),
  };
}

async function up({ run }: Home): Promise<CliResult> {
  const result = await run(["up"]);
  expect(result, result.stderr).toMatchObject({ code: 0 });
  return result;
}

function pidsOf({ temporal, s3, supervisor }: StackState): (number | null | undefined)[] {
  return [supervisor.pid, temporal?.process.pid, s3?.process.pid];
}

/** Logs and state files that contain the secret of the S3 server's key; there are to be none. */
function filesWithSecret(stateFolder: string): string[] {
  const { secretAccessKey } = s3Keys(stateFolder);
  const { logs, wanted, settings } = stackPaths(stateFolder);
  const files = [...readdirSync(logs).map((name) => join(logs, name)), wanted, settings].filter((path) => existsSync(path));
  return files.filter((path) => readFileSync(path, "utf8").includes(secretAccessKey));
}

function s3Client({ stateFolder, state }: Home): S3Client {
  const endpoint = state().s3!.endpoint;
  return new S3Client({ endpoint, region: "us-east-1", credentials: s3Keys(stateFolder), forcePathStyle: true });
}

describe("a stack", () => {
  const home = newHome();

  test("starts one stack when two commands ask at the same moment, and leaves it alone when asked again", async () => {
    await Promise.all([up(home), up(home)]);
    const first = home.state();
    await up(home);

    expect(pidsOf(home.state())).toEqual(pidsOf(first));
    // The supervisor and its two servers, and nothing else.
    expect(new Set(findStackProcesses(home.stateFolder).map(({ pid }) => pid))).toEqual(new Set(pidsOf(first)));
  });

  test("is found well by doctor, servers and all", async () => {
    await up(home);

    const { checks } = JSON.parse((await home.run(["doctor", "--json"])).stdout) as {
      checks: { name: string; status: string }[];
    };

    expect(checks.filter(({ status }) => status === "problem")).toEqual([]);
    expect(checks).toContainEqual(expect.objectContaining({ name: "temporal", status: "ok" }));
    expect(checks).toContainEqual(expect.objectContaining({ name: "s3", status: "ok" }));
  });

  test("starts a server again that was killed, at the same address", async () => {
    await up(home);
    const before = home.state();

    process.kill(before.temporal!.process.pid!, "SIGKILL");
    process.kill(before.s3!.process.pid!, "SIGKILL");
    await until(() => home.state().temporal!.process.restarts === 1 && home.state().s3!.process.restarts === 1);
    await up(home);

    expect(home.state()).toMatchObject({
      temporal: { address: before.temporal!.address },
      s3: { endpoint: before.s3!.endpoint },
    });
    expect(home.state().temporal!.process.pid).not.toBe(before.temporal!.process.pid);
  });

  test("waits, and says so, for a Temporal server that is too busy to answer", async () => {
    await up(home);
    const server = home.state().temporal!.process.pid!;
    process.kill(server, "SIGSTOP");
    const { child, result } = home.start(["schedule", "list"]);
    let told = "";
    child.stderr?.on("data", (text: string) => (told += text));
    await until(() => told.includes("does not answer yet"));
    process.kill(server, "SIGCONT");

    const { code, stderr } = await result;

    expect(code, stderr).toBe(0);
  });

  test("starts the stack for a command that comes while another one stops it", async () => {
    await up(home);
    const first = home.state();
    const stopping = home.run(["down"]);
    await until(() => readLiveState(home.stateFolder)?.status === "stopping");

    await up(home);
    await stopping;

    expect(home.state()).toMatchObject({
      status: "running",
      temporal: { process: { status: "ready" } },
      s3: { process: { status: "ready" } },
    });
    expect(home.state().supervisor.pid).not.toBe(first.supervisor.pid);
  });

  test("keeps workflows, objects, keys and addresses over down and up", async () => {
    await up(home);
    const before = home.state();
    const s3 = s3Client(home);
    await s3.send(new CreateBucketCommand({ Bucket: "kept" }));
    await s3.send(new PutObjectCommand({ Bucket: "kept", Key: "object", Body: "bytes" }));
    const connection = await Connection.connect({ address: before.temporal!.address });
    await new Client({ connection }).workflow.start("waits", { workflowId: "kept", taskQueue: "nobody" });
    await connection.close();

    const down = await home.run(["down", "--json"]);
    expect(JSON.parse(down.stdout)).toMatchObject({ stopped: expect.arrayContaining(["temporal", "s3"]) });
    expect(findStackProcesses(home.stateFolder)).toEqual([]);
    expect(filesWithSecret(home.stateFolder)).toEqual([]);
    await up(home);

    expect(home.state().temporal?.address).toBe(before.temporal?.address);
    const object = await s3Client(home).send(new GetObjectCommand({ Bucket: "kept", Key: "object" }));
    expect(await object.Body?.transformToString()).toBe("bytes");
    const again = await Connection.connect({ address: home.state().temporal!.address });
    expect((await new Client({ connection: again }).workflow.getHandle("kept").describe()).status.name).toBe("RUNNING");
    await again.close();
  });

  test("takes other ports, and says so, when a program has taken those of before", async () => {
    await up(home);
    const { port } = new URL(home.state().s3!.endpoint);
    await home.run(["down"]);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(Number(port), "127.0.0.1", resolve));

    try {
      const { stderr } = await up(home);

      expect(stderr).toContain(`port ${port} (s3) is taken by another program; using `);
      expect(home.state().s3!.endpoint).not.toContain(port);
    } finally {
      other.close();
    }
  });

  test("says why a server does not come up, with its last words, and exits 3", async () => {
    await up(home);
    await home.run(["down"]);
    const { database } = stackPaths(home.stateFolder);
    for (const file of [`${database}-wal`, `${database}-shm`]) rmSync(file, { force: true });
    truncateSync(database, 1000);

    const { code, stderr } = await home.run(["up"]);

    expect(code).toBe(3);
    expect(stderr).toMatch(/temporal ended: exit code 1; its log ends with/);
    expect(stderr).toMatch(/hint: tail .*temporal\.log/);
    expect(findStackProcesses(home.stateFolder)).toEqual([]);
  });
});

describe("a stack whose supervisor was killed", () => {
  const home = newHome();

  test("replaces what a supervisor left behind that was killed while starting", async () => {
    const starting = home.run(["up"]);
    await until(() => (readLiveState(home.stateFolder)?.temporal?.process.pid ?? null) !== null);
    const left = home.state();
    process.kill(left.supervisor.pid, "SIGKILL");
    const first = await starting;

    expect([first.code, first.stderr]).toEqual([3, expect.stringContaining("The stack's supervisor has ended while starting")]);
    expect(JSON.parse((await home.run(["status", "--json"])).stdout)).toMatchObject({ state: "broken" });
    const doctor = JSON.parse((await home.run(["doctor", "--json"])).stdout) as {
      checks: { name: string; status: string; hint: string }[];
    };
    expect(doctor.checks.find(({ name }) => name === "stack")).toMatchObject({
      status: "problem",
      hint: "convoy up (or convoy down)",
    });
    await up(home);

    expect(new Set(findStackProcesses(home.stateFolder).map(({ pid }) => pid))).toEqual(new Set(pidsOf(home.state())));
    expect(pidsOf(home.state())).not.toContain(left.temporal!.process.pid);
  });

  test("stops what a killed supervisor left behind, and believes no file whose process id another one has by now", async () => {
    await up(home);
    const old = home.state();
    process.kill(old.supervisor.pid, "SIGKILL");
    await until(() => readLiveState(home.stateFolder) === undefined);

    const down = await home.run(["down", "--json"]);
    expect((JSON.parse(down.stdout) as { stopped: string[] }).stopped).toHaveLength(2);
    expect(findStackProcesses(home.stateFolder)).toEqual([]);
    writeJsonFile(stackPaths(home.stateFolder).state, { ...old, supervisor: { pid: process.pid, startTime: "1" } });
    expect(JSON.parse((await home.run(["status", "--json"])).stdout)).toMatchObject({ state: "stopped" });
    await up(home);

    expect(home.state().supervisor.pid).not.toBe(process.pid);
    expect(identityOf(process.pid)).toBeDefined();
  });

  test("ends by itself when its state folder is deleted", async () => {
    await up(home);

    rmSync(home.stateFolder, { recursive: true, force: true });

    await until(() => findStackProcesses(home.stateFolder).length === 0);
    expect(existsSync(home.stateFolder)).toBe(false);
  });
});

describe("a stack beside configured servers", () => {
  const home = newHome();

  test("embeds only what is not configured, and starts nothing when all is", async () => {
    const configured = { TEMPORAL_ADDRESS: "127.0.0.1:1", S3_ENDPOINT: "http://127.0.0.1:1" };

    const both = await home.run(["up", "--json"], configured);
    expect(JSON.parse(both.stdout)).toMatchObject({ state: "external" });
    expect(existsSync(home.stateFolder)).toBe(false);
    await home.run(["up", "--json"], { TEMPORAL_ADDRESS: "127.0.0.1:1" });

    expect([home.state().temporal, home.state().s3?.process.status]).toEqual([null, "ready"]);
    await up(home); // now the other is wanted too
    expect(home.state().temporal?.process.status).toBe("ready");
  });
});
