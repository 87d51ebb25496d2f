import { fileURLToPath } from "node:url";

import { cancelled, heartbeat } from "@temporalio/activity";
import { TestWorkflowEnvironment } from "@temporalio/testing";
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from "@temporalio/worker";
import { afterAll, beforeAll, expect, test } from "vitest";

import { finishCheaply } from "../../bench/cheap-training.ts";
import { createSweepActivities } from "../../activities/suggest.ts";
import type { RunRecord } from "../../ml/run/schema.ts";
import { reopen } from "../../ml/sweep/reopen.ts";
import type { SweepRecord } from "../../ml/sweep-record/schema.ts";
import { changeSweepUpdateName, sweepWorkflowIdPrefix } from "../../temporal.config.ts";
import type { SweepRun } from "../../workflows/sweep.ts";
import { temporalProgram } from "../../stack/project.ts";
import { memoryStore } from "../support/memory-store.ts";
import { aSweep } from "../support/simulate-sweep.ts";

let server: TestWorkflowEnvironment;
let workflowBundle: { code: string };

/** A server of its own: it asks workflows to begin anew after few events. */
beforeAll(async () => {
  const logger = new DefaultLogger("ERROR");
  Runtime.install({ logger });
  const path = (await temporalProgram()) ?? "temporal";
  const extraArgs = ["--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=150", "--log-level", "never"];
  [server, workflowBundle] = await Promise.all([
    TestWorkflowEnvironment.createLocal({ server: { executable: { type: "existing-path", path }, extraArgs } }),
    bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL("../../bench/sweep-workflows.ts", import.meta.url)), logger }),
  ]);
});
afterAll(() => server?.teardown());

const space = { "train.batchSize": { int: [1, 60_000] } };

/** A store, workers over it, and every training that was begun. */
function aPlace(
  taskQueue: string,
  train: (record: RunRecord) => Promise<number> = async (record) => record.pipeline.train.batchSize,
) {
  const store = memoryStore();
  const trained: string[] = [];
  const cheapTraining = async (record: RunRecord): Promise<RunRecord> => {
    trained.push(`${record.runId} ${record.untilEpoch ?? ""}`.trim());
    return finishCheaply(record, record.trial ? await train(record) : 0, store.runs);
  };
  const startWorker = async () => {
    const activities = { ...createSweepActivities(store), cheapTraining };
    const worker = await Worker.create({ connection: server.nativeConnection, taskQueue, workflowBundle, activities });
    const running = worker.run();
    return { stop: async () => (worker.shutdown(), running) };
  };
  const start = async (record: SweepRecord) => {
    await store.sweeps.put(record);
    const args: [SweepRun] = [
      {
        sweepId: record.sweepId,
        queues: { data: taskQueue, gpu: taskQueue },
        codeHashes: {} as SweepRun["codeHashes"],
        searchAttributes: false,
        step: record.step,
        pins: null,
        endings: [],
        change: {},
      },
    ];
    return server.client.workflow.start("sweep", { taskQueue, workflowId: sweepWorkflowIdPrefix + record.sweepId, args });
  };
  const find = async (record: SweepRecord) => (await store.sweeps.find(record.sweepId))!;
  return { trained, startWorker, start, find };
}

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
};

test("a hundred trials in short histories, while workers come and go: none is lost, none is trained twice", async () => {
  const sweepId = "06fhntezss3a";
  const { trained, startWorker, start, find } = aPlace(sweepId);
  const sweep = {
    ...aSweep({ sweep: { space, objective: "accuracy", algorithm: "random", trials: 100, parallel: 10 } }),
    sweepId,
  };
  let worker = await startWorker();
  const handle = await start(sweep);

  await until(() => trained.length > 40);
  await worker.stop();
  worker = await startWorker();
  await handle.result();
  await worker.stop();

  const record = await find(sweep);
  expect(record.trials.map(({ status }) => status)).toEqual(Array<string>(100).fill("done"));
  expect(record.trials[record.best! - 1]?.value).toBe(Math.max(...record.trials.map(({ value }) => value!)));
  expect(trained.filter((run) => /-\d+-1 9$/.test(run)).toSorted()).toEqual(
    record.trials.map(({ executions }) => `${executions[0]?.runId} 9`).toSorted(),
  );
  expect(trained.at(-1)).toBe(`${sweepId}-best-${record.best}`);
  const first = await server.client.workflow
    .getHandle(sweepWorkflowIdPrefix + sweepId, handle.firstExecutionRunId)
    .fetchHistory();
  const last = await server.client.workflow.getHandle(sweepWorkflowIdPrefix + sweepId).fetchHistory();
  expect(last.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).not.toBe("");
  expect(Math.max(first.events!.length, last.events!.length)).toBeLessThan(400);
});

test("asked to stop, it cancels what runs, tests nothing, and goes on from its record when resumed; parallel changes meanwhile", async () => {
  const sweepId = "06fhntezss3b";
  let mayEnd = false;
  let [running, most] = [0, 0];
  const { trained, startWorker, start, find } = aPlace(sweepId, async ({ trial }) => {
    most = Math.max(most, ++running);
    const timer = setInterval(() => heartbeat(), 50);
    try {
      if (!mayEnd) await cancelled();
      return trial!.number;
    } finally {
      clearInterval(timer);
      running--;
    }
  });
  const sweep = { ...aSweep({ sweep: { space, objective: "accuracy", algorithm: "random", trials: 6 } }), sweepId };
  const worker = await startWorker();
  const handle = await start(sweep);
  await until(() => running === 1);

  await handle.executeUpdate(changeSweepUpdateName, { args: [{ parallel: 3 }] });
  await until(() => running === 3);
  await handle.cancel();
  await handle.result();
  const stopped = await find(sweep);
  mayEnd = true;
  await (await start(reopen(stopped, { moreTrials: 0, begunAt: sweep.begunAt }))).result();
  await worker.stop();

  expect([stopped.status, stopped.winner, most]).toEqual(["stopped", null, 3]);
  expect(stopped.trials.map(({ status, value }) => [status, value])).toEqual(
    Array.from({ length: 3 }, () => ["cancelled", null]),
  );
  const record = await find(sweep);
  expect([record.status, record.best, record.winner?.runId]).toEqual(["done", 6, `${sweepId}-best-6`]);
  expect(trained.filter((run) => run === `${sweepId}-1-1 9`)).toHaveLength(2); // begun, cancelled, gone on with
});
