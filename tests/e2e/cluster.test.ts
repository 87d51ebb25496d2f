import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Client, Connection } from "@temporalio/client";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { stages } from "../../ml/stages.ts";
import { newestCheckpoint } from "../../storage/checkpoints.ts";
import { findTrainer } from "../../bench/chaos-processes.ts";
import type { RunOutcome } from "../../bench/convoy-process.ts";
import { convoy, convoyJson, runIdIn, stageStatuses, startConvoy } from "../../bench/convoy-process.ts";
import type { TestS3Server, TestTemporalServer } from "../../bench/own-servers.ts";
import { startS3Server, startTemporalServer } from "../../bench/own-servers.ts";
import { openStack } from "../../bench/open-stack.ts";
import { waitUntil } from "../../bench/wait-until.ts";
import { writeHeldTraining } from "../support/held-training.ts";

interface Retried extends RunOutcome {
  isSameRun: boolean;
  pinned: { stage: string }[];
  runs: string[];
  checkpoint: { epoch: number } | null;
}

describe("two homes that share nothing but a Temporal server and a bucket", () => {
  let s3: TestS3Server;
  let temporal: TestTemporalServer;
  let homes: string[];
  let pipelines: string;
  let workers: Record<string, string>;
  let client: Record<string, string>;
  let common: Record<string, string>;

  beforeAll(async () => {
    [s3, temporal] = await Promise.all([startS3Server(), startTemporalServer()]);
    homes = await Promise.all(["workers", "client"].map((name) => mkdtemp(join(tmpdir(), `convoy-${name}-`))));
    pipelines = await mkdtemp(join(tmpdir(), "convoy-pipelines-"));
    common = { ...s3.variables, ...temporal.variables, CONVOY_PROFILE: "cluster", CONVOY_GPU_WORKERS: "1", S3_PREFIX: "team/a" };
    const cacheOf = (home: string) => ({ XDG_DATA_HOME: home });
    workers = { ...common, ...cacheOf(homes[0]!), CONVOY_LOCAL_WORKERS: "always" };
    client = { ...common, ...cacheOf(homes[1]!), CONVOY_LOCAL_WORKERS: "never" };
    const up = await convoy(["up"], { env: workers });
    if (up.code !== 0) throw new Error(up.stderr);
  });
  afterAll(async () => {
    await convoy(["down"], { env: workers });
    await Promise.all([s3.close(), temporal.close()]);
    await Promise.all([...homes, pipelines].map((home) => rm(home, { recursive: true, force: true })));
  });

  /** Ids of workflows, as anybody may search for them. */
  async function foundInTemporal(query: string): Promise<string[]> {
    const connection = await Connection.connect({ address: temporal.variables["TEMPORAL_ADDRESS"]! });
    const ids: string[] = [];
    for await (const { workflowId } of new Client({ connection }).workflow.list({ query })) ids.push(workflowId);
    await connection.close();
    return ids;
  }

  const few = ["ingest.maxImages=1000", "train.epochs=1"].flatMap((setting) => ["--set", setting]);

  test("run in one what the other asks for, and the asker keeps no state", async () => {
    const outcome = await convoyJson<RunOutcome>(["run", "pipelines/mnist.yaml", ...few], { env: client });

    expect(outcome.status).toBe("done");
    expect(stageStatuses(outcome)).toEqual(Object.fromEntries(stages.map((stage) => [stage, "ran"])));
    expect(await foundInTemporal("ConvoyPipeline = 'mnist' AND ConvoyStatus = 'done'")).toEqual([`convoy-run-${outcome.runId}`]);
    expect(await readdir(homes[1]!, { recursive: true })).not.toContainEqual(expect.stringMatching(/temporal\.db|s3\//));
  });

  test("refuse wrong credentials at once, with 3 and never with the secret", async () => {
    const env = { ...client, AWS_SECRET_ACCESS_KEY: "wrong-secret-0123456789" };

    const { code, stderr } = await convoy(["run", "pipelines/mnist.yaml"], { env });

    expect(code).toBe(3);
    expect(stderr).toMatch(/AWS_ACCESS_KEY_ID/);
    expect(stderr).not.toContain("wrong-secret");
  });

  test("wait while storage, and then Temporal, is away for 20 s in the middle of a training, say so, and lose nothing", async () => {
    const held = await writeHeldTraining(join(pipelines, "outage"), { name: "outage" });
    const { result, child } = startConvoy(["run", held.file, "--json"], { env: client });
    onTestFinished(() => void child.kill());
    let progress = "";
    child.stderr?.on("data", (text: string) => (progress += text));
    const runId = () => runIdIn(progress);

    for (const server of [s3, temporal]) {
      await waitUntil(async () => (await findTrainer(runId()))?.stage === "train" && /epoch/i.test(progress));
      progress = `run ${runId()}\n`;
      await server.kill();
      await Promise.all([sleep(20_000), waitUntil(() => /away|not reach|does not answer/i.test(progress))]);
      await server.start();
    }
    await held.release();
    const { code, stdout, stderr } = await result;

    expect(code, stderr).toBe(0);
    expect((JSON.parse(stdout) as RunOutcome).status).toBe("done");
  });

  test("take up on another Temporal server, which knows nothing of it, a training that was stopped on the first", async () => {
    const held = await writeHeldTraining(join(pipelines, "other-server"), { name: "other-server" });
    const { runId } = await convoyJson<{ runId: string }>(["run", held.file, "--until", "train", "--detach"], { env: client });
    const { objects } = (await openStack(client)).store;
    await waitUntil(async () => (await newestCheckpoint(objects, { runId, stage: "train" })) !== null);
    await convoyJson(["stop", runId], { env: client });
    await held.release();
    const other = await startTemporalServer();
    const home = await mkdtemp(join(tmpdir(), "convoy-other-"));
    const env = { ...common, ...other.variables, XDG_DATA_HOME: home, CONVOY_LOCAL_WORKERS: "always" };
    try {
      const retried = await convoyJson<Retried>(["retry", runId], { env });

      expect(retried).toMatchObject({ retried: runId, isSameRun: false, status: "done", lost: [] });
      expect(retried.runs).toContain("train");
      expect(retried.pinned.map(({ stage }) => stage)).toEqual(
        expect.arrayContaining(stages.slice(0, stages.indexOf("explore"))),
      );
      expect(retried.checkpoint?.epoch).toBeGreaterThanOrEqual(1);
    } finally {
      await convoy(["down"], { env });
      await other.close();
      await rm(home, { recursive: true, force: true });
    }
  });

  test.each([
    ["Temporal", { TEMPORAL_ADDRESS: "127.0.0.1:9" }, /Temporal does not answer at 127\.0\.0\.1:9/],
    ["storage", { S3_ENDPOINT: "http://127.0.0.1:9" }, /127\.0\.0\.1:9/],
  ])(
    "end the command with 3 where %s is not there, naming it and what to check, without a stack trace or a secret",
    async (_, env, message) => {
      const { code, stderr, stdout } = await convoy(["run", "pipelines/mnist.yaml"], { env: { ...client, ...env } });

      expect(code).toBe(3);
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/check|start it/);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(stderr).not.toContain(s3.variables["AWS_SECRET_ACCESS_KEY"]);
      expect(stdout).toBe("");
    },
  );
});
