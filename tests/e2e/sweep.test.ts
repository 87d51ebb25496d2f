import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Client, Connection } from "@temporalio/client";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { RunningTrainer } from "../../bench/chaos-processes.ts";
import { findTrainer } from "../../bench/chaos-processes.ts";
import type { RunOutcome } from "../../bench/convoy-process.ts";
import { convoy, convoyJson, projectFolder } from "../../bench/convoy-process.ts";
import { waitUntil } from "../../bench/wait-until.ts";
import { readEnvironment } from "../../environment.ts";
import type { RunRecord } from "../../ml/run/schema.ts";
import { readLiveState } from "../../stack/stack-state.ts";
import { sweepWorkflowIdPrefix } from "../../temporal.config.ts";
import { openSharedStore } from "../support/shared-store.ts";

interface SweepOutcome {
  sweepId: string;
  status: string;
  trials: { number: number; status: string; value: number; epochs: number; executions: { runId: string; value: number }[] }[];
  best: { number: number; value: number; parameters: Record<string, unknown> };
  metrics: { test: { accuracy: number } };
  model: { name: string; version: number };
}

const statusesOf = ({ stages }: RunRecord) => Object.fromEntries(stages.map(({ name, status }) => [name, status]));
const recordOf = async (runId: string) => (await (await openSharedStore()).runs.find(runId))!;

/** The trainer that trains this run, once it is there. */
async function trainerOf(runId: string): Promise<RunningTrainer> {
  let found: RunningTrainer | null = null;
  await waitUntil(async () => (found = await findTrainer(runId)) !== null, { everyMs: 100 });
  return found!;
}

/** The worker that runs workflows of the same build, the sweep's own among them. */
function dataWorkerBeside({ supervisorPid }: RunningTrainer): number {
  const { workers = [] } = readLiveState(readEnvironment().stateFolder) ?? {};
  const supervisor = workers.find(({ process: { pid } }) => pid === supervisorPid);
  return workers.find(({ kind, buildId }) => kind === "data" && buildId === supervisor?.buildId)!.process.pid!;
}

let folder: string;
let released: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-sweep-"));
  released = join(folder, "released");
  await cp(join(projectFolder, "pipelines", "mnist.yaml"), join(folder, "mnist.yaml"));
  for (const [name, text] of Object.entries(ownModules())) await writeFile(join(folder, name), text);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The network and the loss of the file, as a person would write them; and what keeps trainings from ending before the test has seen them. */
const ownModules = () => ({
  "model.ts": `import { defineModel } from "convoy";
export default defineModel({
  build({ layers, outputs }) {
    layers.dense({ units: outputs });
    return layers.output;
  },
});
`,
  "loss.ts": `import { defineLoss } from "convoy";
import * as tf from "@tensorflow/tfjs";
export default defineLoss({
  lossOfRows: ({ logits, labels }) => tf.neg(tf.sum(tf.mul(tf.oneHot(labels, 10), tf.logSoftmax(logits)), 1)),
});
`,
  "hold.ts": `import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { defineCallback } from "convoy";
export default defineCallback({
  async onEpochEnd() {
    while (!existsSync(${JSON.stringify(released)})) await sleep(50);
  },
});
`,
});

/** Until Temporal has heard that a sweep is to stop. */
async function untilAskedToStop(sweepId: string): Promise<void> {
  const connection = await Connection.connect({ address: readLiveState(readEnvironment().stateFolder)!.temporal!.address });
  const sweep = new Client({ connection }).workflow.getHandle(sweepWorkflowIdPrefix + sweepId);
  await waitUntil(async () => {
    const { events = [] } = await sweep.fetchHistory();
    return events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes) ?? false;
  });
  await connection.close();
}

// One sweep for all of it: the best of its points is trained by modules of one's own. Training starts TensorFlow's process anew each time, which is what it takes long for.
test("a sweep whose trainer and own worker are killed, that is stopped and resumed, loses no trial and ends as one left alone", async () => {
  const rate = "train.optimizer.learningRate";
  const own = (file: string) => `{ choice: [${file}], when: { ${rate}: 1e-3 } }`;
  const space = `{ ${rate}: [1e-7, 1e-3, 1e-8], model: ${own("./model.ts")}, train.loss: ${own("./loss.ts")} }`;
  const sweep = `{ space: ${space}, algorithm: grid, objective: accuracy, prune: asha }`;
  const training = ["train.epochs=3", "train.batchSize=16", "train.callbacks=[./hold.ts]"];
  const settings = ["split.validation=0.2", "ingest.maxImages=3000", ...training, `sweep=${sweep}`];
  const given = [join(folder, "mnist.yaml"), ...settings.flatMap((text) => ["--set", text])];

  const { sweepId } = await convoyJson<SweepOutcome>(["sweep", ...given, "--detach"]);
  const changing = convoyJson(["sweep", "set", sweepId, "--parallel", "2"]);
  process.kill((await trainerOf(`${sweepId}-1-1`)).pid, "SIGKILL");
  const changed = await changing;
  process.kill(dataWorkerBeside(await trainerOf(`${sweepId}-2-1`)), "SIGKILL");
  const stopping = convoyJson<SweepOutcome>(["sweep", "stop", sweepId]);
  await untilAskedToStop(sweepId);
  await writeFile(released, "");
  const stopped = await stopping;
  const tooLate = await convoy(["sweep", "set", sweepId, "--parallel", "3"]);
  const outcome = await convoyJson<SweepOutcome>(["sweep", "resume", sweepId]);

  expect(changed).toMatchObject({ sweepId, parallel: 2 });
  expect(stopped).toMatchObject({ sweepId, status: "stopped" });
  expect([tooLate.code, tooLate.stderr]).toEqual([2, expect.stringContaining(`convoy sweep resume ${sweepId}`)]);
  expect([outcome.status, outcome.best.number]).toEqual(["exhausted", 2]);
  expect(outcome.best.parameters).toMatchObject({ model: { file: "./model.ts" }, "train.loss": { file: "./loss.ts" } });
  expect(outcome.trials.map(({ status, epochs }) => [status, epochs])).toEqual([
    ["pruned", 1],
    ["done", 3],
    ["pruned", 1],
  ]);
  await Promise.all([expectTestedOnce(outcome), expectShown(outcome), expectAsAlone(outcome)]);
});

/** Data once, the best rate goes on from its checkpoint, only the winner is tested and registered. */
async function expectTestedOnce({ sweepId, best, metrics }: SweepOutcome): Promise<void> {
  const data = await recordOf(`${sweepId}-data`);
  const second = await recordOf(`${sweepId}-2-1`);
  const winner = await recordOf(`${sweepId}-best-2`);

  expect(statusesOf(data)).toMatchObject({ augment: expect.stringMatching(/ran|reused/), explore: "skipped", train: "skipped" });
  expect(statusesOf(second)).toMatchObject({
    ingest: "reused",
    augment: "reused",
    train: "ran",
    explore: "skipped",
    evaluate: "skipped",
  });
  expect(statusesOf(winner)).toMatchObject({ train: "reused", evaluate: "ran", register: "ran" });
  expect(second.stages.find(({ name }) => name === "train")?.summary).toMatchObject({
    epochs: 3,
    validation: { accuracy: best.value },
  });
  expect(JSON.stringify([data, second].map(({ stages }) => stages.map(({ summary }) => summary)))).not.toContain('"test":{');
  expect(metrics.test.accuracy).toBeGreaterThan(0.7);
  const listed = await convoyJson<{ runId: string }[]>(["runs", "--limit", "1000"]);
  expect(listed.map(({ runId }) => runId).filter((runId) => runId.startsWith(sweepId))).toEqual([winner.runId]);
}

/** What `sweep show` and `sweep explain` say of it, as text, JSON and page. */
async function expectShown({ sweepId, best }: SweepOutcome): Promise<void> {
  const [text, shown, why] = await Promise.all([
    convoy(["sweep", "show", sweepId]),
    convoyJson<{ curves: { number: number; points: unknown[] }[]; importance: { key: string }[]; report: string }>([
      "sweep",
      "show",
      sweepId,
    ]),
    convoy(["sweep", "explain", sweepId, "2"]),
  ]);

  expect(text.stdout.split("\n").filter(Boolean)).toHaveLength(3);
  expect(text.stdout).toContain(`2\tdone\t${best.value}\t`);
  expect(shown.curves.map(({ number, points }) => [number, points.length])).toEqual([
    [1, 1],
    [2, 3],
    [3, 1],
  ]);
  expect(shown.importance.map(({ key }) => key)).toEqual(["train.optimizer.learningRate"]);
  expect(await readFile(shown.report, "utf8")).toMatch(/<svg[\s\S]*train\.optimizer\.learningRate/);
  expect(why.stdout).toMatch(/point 2 of the grid[\s\S]*at epoch 1, [0-9.]+ at epoch 3, done/);
}

/** `sweep best` gives the winner's file: trained by itself, undisturbed, it comes to the same value. */
async function expectAsAlone({ sweepId, best }: SweepOutcome): Promise<void> {
  const file = join(folder, "best.yaml");
  await writeFile(file, (await convoy(["sweep", "best", sweepId])).stdout);
  // An early stop that never comes changes no bit, and makes it another training: it is neither found in the ledger nor gone on with.
  const alone = await convoyJson<RunOutcome>(["run", file, "--until", "train", "--set", "train.earlyStopping.patience=99"]);

  expect(alone.stages.find(({ name }) => name === "train")?.status).toBe("ran");
  expect(alone.metrics.validation?.accuracy).toBe(best.value);
}
