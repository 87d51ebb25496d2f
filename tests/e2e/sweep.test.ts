import { expect, test } from "vitest";

import { convoyJson } from "../../bench/convoy-process.ts";
import type { RunRecord } from "../../ml/run/schema.ts";

interface SweepOutcome {
  sweepId: string;
  status: string;
  trials: { number: number; status: string; value: number; epochs: number; executions: { runId: string; value: number }[] }[];
  best: { number: number; value: number; parameters: Record<string, unknown> };
  metrics: { test: { accuracy: number } };
  model: { name: string; version: number };
}

const statusesOf = ({ stages }: RunRecord) => Object.fromEntries(stages.map(({ name, status }) => [name, status]));
const recordOf = async (runId: string) => (await convoyJson<{ record: RunRecord }>(["show", runId])).record;

test("a sweep on one trainer: data once, the best rate goes on from its checkpoint, only the winner is tested and registered", async () => {
  const space = "{ train.optimizer.learningRate: [1e-7, 1e-3, 1e-8] }";
  const sweep = `{ space: ${space}, algorithm: grid, objective: accuracy, prune: asha }`;
  const settings = ["split.validation=0.2", "train.epochs=3", "train.batchSize=128", `sweep=${sweep}`];

  const outcome = await convoyJson<SweepOutcome>([
    "sweep",
    "pipelines/mnist.yaml",
    ...settings.flatMap((text) => ["--set", text]),
  ]);

  expect([outcome.status, outcome.best.number]).toEqual(["exhausted", 2]);
  expect(outcome.trials.map(({ status, epochs }) => [status, epochs])).toEqual([
    ["pruned", 1],
    ["done", 3],
    ["pruned", 1],
  ]);
  const data = await recordOf(`${outcome.sweepId}-data`);
  const best = await recordOf(`${outcome.sweepId}-2-1`);
  const winner = await recordOf(`${outcome.sweepId}-best-2`);
  expect(statusesOf(data)).toMatchObject({ augment: expect.stringMatching(/ran|reused/), explore: "skipped", train: "skipped" });
  expect(statusesOf(best)).toMatchObject({
    ingest: "reused",
    augment: "reused",
    train: "ran",
    explore: "skipped",
    evaluate: "skipped",
  });
  expect(statusesOf(winner)).toMatchObject({ train: "reused", evaluate: "ran", register: "ran" });
  expect(best.stages.find(({ name }) => name === "train")?.summary).toMatchObject({
    epochs: 3,
    validation: { accuracy: outcome.best.value },
  });
  expect(JSON.stringify([data, best].map(({ stages }) => stages.map(({ summary }) => summary)))).not.toContain('"test":{');
  expect(outcome.metrics.test.accuracy).toBeGreaterThan(0.7);
  const listed = await convoyJson<{ runId: string }[]>(["runs", "--limit", "1000"]);
  expect(listed.map(({ runId }) => runId).filter((runId) => runId.startsWith(outcome.sweepId))).toEqual([winner.runId]);
});
