import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";

import { Client, Connection } from "@temporalio/client";

import type { ArtifactRef } from "../ml/artifact.ts";
import { newRunId } from "../ml/run/new-run-id.ts";
import { pipelineSchema } from "../ml/pipeline.ts";
import { randomStream } from "../ml/random.ts";
import type { SweepRecord } from "../ml/sweep-record/schema.ts";
import { newSweep } from "../ml/sweep-record/new-sweep.ts";
import { sweepParametersSchema } from "../ml/sweep/schema.ts";
import { sweepWorkflowIdPrefix } from "../temporal.config.ts";
import type { SweepRun } from "../workflows/sweep.ts";
import { startTemporalServer } from "./own-servers.ts";
import { openStageBench } from "./stage-bench.ts";

/**
 * A sweep of many trials that cost nothing, on a real Temporal and S3 server, whose only worker is killed by SIGKILL again and again: every
 * trial has to end with the value of its own parameters, and no history may grow long. `npm run chaos -- sweep [--trials 1000] [--kills 5] [--json]`.
 */
const { values } = parseArgs({
  options: {
    trials: { type: "string", default: "1000" },
    kills: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});
const [trials, kills] = [Number(values.trials), Number(values.kills)];
/** Temporal warns of histories beyond this. */
const longHistory = 10_240;
const taskQueue = "chaos-sweep";
const sweepId = newRunId(Date.now(), Math.random);
const workflowId = sweepWorkflowIdPrefix + sweepId;

const sweep = {
  algorithm: "random",
  space: { "train.batchSize": { int: [1, 65_536] } },
  objective: "accuracy",
  trials,
  parallel: 20,
};

function firstRecord(source: ArtifactRef): SweepRecord {
  const pipeline = pipelineSchema.parse({ name: "chaos", dataset: { path: "none" }, model: ["flatten"], sweep });
  const parameters = sweepParametersSchema.parse(sweep);
  return newSweep({ sweepId, startedAt: new Date().toISOString(), pipeline, parameters, source, buildId: "none", build: null });
}

/** Events of each run of the workflow, the last first. */
async function historyLengths(client: Client): Promise<number[]> {
  const lengths: number[] = [];
  for (let runId: string | undefined | null = undefined, isFirst = true; isFirst || runId; isFirst = false) {
    const { events } = await client.workflow.getHandle(workflowId, runId ?? undefined).fetchHistory();
    lengths.push(events?.length ?? 0);
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  }
  return lengths;
}

/** Kills the worker at random moments until that was often enough, or the sweep is over; resolves with how often. */
async function killWorkers(isOver: () => boolean): Promise<number> {
  const random = randomStream(1, "chaos", "sweep");
  for (let killed = 0; killed < kills; killed++) {
    const at = Math.min((await trialCount()) + Math.ceil((random() * trials) / kills), trials);
    while (!isOver() && (await trialCount()) < at) await sleep(100);
    if (isOver()) return killed;
    worker.kill("SIGKILL");
    worker = startWorker();
    process.stderr.write(`kill ${killed + 1} of ${kills}, at ${at} of ${trials} trials\n`);
  }
  return kills;
}

async function trialCount(): Promise<number> {
  return (await bench.store.sweeps.find(sweepId))?.trials.length ?? 0;
}

const [bench, temporal] = await Promise.all([openStageBench(), startTemporalServer()]);
const address = temporal.variables["TEMPORAL_ADDRESS"] ?? "";
const given = JSON.stringify({ settings: bench.settings, cacheFolder: join(bench.folder, "worker"), address, taskQueue });
const startWorker = (): ChildProcess =>
  spawn(process.execPath, [fileURLToPath(new URL("sweep-worker.js", import.meta.url)), given], { stdio: "ignore" });
let worker = startWorker();
try {
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  await bench.store.sweeps.put(firstRecord(await bench.store.artifacts.putJson({ formatVersion: 1, files: [] })));
  const run: SweepRun = {
    sweepId,
    queues: { data: taskQueue, gpu: taskQueue },
    codeHashes: {} as SweepRun["codeHashes"], // the stages that they name are not run
    searchAttributes: false,
    step: 0,
    pins: null,
    endings: [],
    change: {},
  };
  const began = performance.now();
  const handle = await client.workflow.start("sweep", { taskQueue, workflowId, args: [run] });
  let isOver = false;
  const ended = handle.result().finally(() => (isOver = true));
  const killed = await killWorkers(() => isOver);
  await ended;
  const found = await bench.store.sweeps.find(sweepId);
  const lengths = await historyLengths(client);
  const right = found?.trials.filter(
    ({ status, value, parameters }) => status === "done" && value === parameters["train.batchSize"],
  ).length;
  const result = {
    trials,
    right,
    kills: killed,
    seconds: Math.round((performance.now() - began) / 1000),
    begunAnew: lengths.length - 1,
    longestHistory: Math.max(...lengths),
  };
  if (values.json) console.log(JSON.stringify({ name: "sweep", ...result }));
  else console.table([result]);
  process.exitCode = right === trials && found?.status === "done" && result.longestHistory < longHistory ? 0 : 1;
  await connection.close();
} finally {
  worker.kill("SIGKILL");
  await Promise.all([bench.close(), temporal.close()]);
}
