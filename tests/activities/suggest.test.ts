import { beforeEach, describe, expect, test } from "vitest";

import { createSweepActivities } from "../../activities/suggest.ts";
import type { TrainingEnding } from "../../activities/training-outcome.ts";
import type { RunRecord } from "../../ml/run/schema.ts";
import { memoryStore } from "../support/memory-store.ts";
import { aSweep } from "../support/simulate-sweep.ts";

const sweepId = "06fhntezss3y";
let store: ReturnType<typeof memoryStore>;
let activities: ReturnType<typeof createSweepActivities>;

beforeEach(async () => {
  store = memoryStore();
  activities = createSweepActivities(store);
  const sweep = {
    space: { "train.optimizer.learningRate": [0.1, 0.01] },
    objective: "accuracy",
    executionsPerTrial: 2,
    parallel: 4,
  };
  await store.sweeps.put(aSweep({ sweep }));
});

const ask = (step: number, endings: TrainingEnding[] = [], change = {}) =>
  activities.advanceSweep({ sweepId, step, endings, change, isStopping: false });

/** What a training leaves behind: its run's record. */
async function train(record: RunRecord, accuracy: number | null): Promise<TrainingEnding> {
  const { runId, trial } = record;
  const validation = accuracy === null ? null : { loss: 0.5, accuracy, balancedAccuracy: null, auc: null };
  const stages = record.stages.map((stage) =>
    stage.name === "train"
      ? { ...stage, status: "ran" as const, attempts: 2, key: "k", entry: "e", codeHash: "c", summary: { epochs: 9, validation } }
      : stage,
  );
  await store.runs.put({ ...record, stages, status: "done" });
  const { number, execution } = trial!;
  return { runId, number, execution, untilEpoch: record.untilEpoch!, attempt: 1, status: "done", error: null };
}

describe("a step of a sweep", () => {
  test("gives trainings as runs that end with the training: their values, their seed, and no test", async () => {
    const { trainings, isOver } = await ask(1);

    expect(isOver).toBe(false);
    expect(trainings.map(({ record }) => [record.runId, record.until, record.trial?.execution])).toEqual([
      [`${sweepId}-1-1`, "train", 1],
      [`${sweepId}-1-2`, "train", 2],
      [`${sweepId}-2-1`, "train", 1],
      [`${sweepId}-2-2`, "train", 2],
    ]);
    const [first, second] = trainings.map(({ record }) => record.pipeline);
    expect(first?.sweep).toBeUndefined();
    expect(first?.train.monitor).toBe("accuracy");
    expect(first?.train.seed).toBeUndefined();
    expect(second?.train.seed).toBeGreaterThan(0);
    expect({ ...second, train: { ...second?.train, seed: undefined } }).toEqual({
      ...first,
      train: { ...first?.train, seed: undefined },
    });
  });

  test("asked again gives the same answer and decides nothing anew, so that a worker's death loses no trial and makes none twice", async () => {
    const [first, again] = [await ask(1), await ask(1)];

    const orders = ({ trainings }: typeof first) => trainings.map(({ order }) => order);
    expect(orders(again)).toEqual(orders(first));
    expect((await store.sweeps.find(sweepId))?.trials).toHaveLength(2);
  });

  test("asked again after a worker's death takes in what has ended since, and nothing twice", async () => {
    const sweep = {
      space: { "train.batchSize": { int: [1, 1000] } },
      objective: "accuracy",
      trials: 4,
      parallel: 3,
      prune: "asha",
    };
    await store.sweeps.put(aSweep({ sweep: { ...sweep, algorithm: "random" }, epochs: 9 }));
    const [one, two, three] = (await ask(1)).trainings;
    const first = [await train(one!.record, 0.9), await train(two!.record, 0.5)];
    const more = [...first, await train(three!.record, 0.7)];

    const lost = await ask(2, first);
    const answered = await ask(2, more);
    const again = await ask(2, more);
    await ask(3, first); // told late: the first has gone on to the next rung meanwhile

    const begun = ({ trainings }: typeof lost) => trainings.map(({ order }) => `${order.number} to ${order.untilEpoch}`);
    expect(begun(lost)).toEqual(["4 to 1"]);
    expect(begun(answered)).toEqual(["4 to 1", "1 to 3"]); // of three at the first rung the best goes on
    expect(begun(again)).toEqual(begun(answered));
    const { trials = [], epochs } = (await store.sweeps.find(sweepId)) ?? {};
    expect(trials.map(({ status, value }) => [status, value])).toEqual([
      ["running", 0.9],
      ["paused", 0.5],
      ["paused", 0.7],
      ["running", null],
    ]);
    expect(epochs).toBe(27);
  });

  // Katib #849, #2614: metrics that were scraped from logs got lost, and trials hung.
  test("reads what a training came to from its run's record, never from a log", async () => {
    const { trainings } = await ask(1);
    const endings = await Promise.all(trainings.map(({ record }, index) => train(record, [0.6, 0.7, 0.9, 0.8][index]!)));

    const { isOver } = await ask(2, endings);

    const record = await store.sweeps.find(sweepId);
    expect(isOver).toBe(true);
    expect(record?.trials.map(({ value }) => value?.toFixed(2))).toEqual(["0.65", "0.85"]);
    expect([record?.status, record?.best]).toEqual(["exhausted", 2]);
    expect(JSON.stringify(record?.trials)).not.toContain("test");
    expect([...store.objects.objects.keys()].some((key) => key.includes("/logs/"))).toBe(false);
  });

  test("counts a training without a validation value as failed, not as zero", async () => {
    const { trainings } = await ask(1);

    await ask(2, [await train(trainings[0]!.record, null)]);

    const trial = (await store.sweeps.find(sweepId))?.trials[0];
    expect(trial?.executions[0]?.error?.message).toContain("has no validation accuracy");
    expect(trial?.value).toBeNull();
  });

  test("has a training that got stuck tried again, and not one that diverged", async () => {
    const { trainings } = await ask(1);
    const failed = (index: number, type: string): TrainingEnding => ({
      ...trainings[index]!.order,
      status: "failed",
      error: { type, message: "…" },
    });

    const again = await ask(2, [failed(0, "TrainingStuck"), failed(2, "TrainingDiverged")]);

    expect(again.trainings.map(({ order }) => [order.runId, order.attempt])).toEqual([[`${sweepId}-1-1`, 2]]);
    expect((await store.sweeps.find(sweepId))?.trials.map(({ status }) => status)).toEqual(["running", "failed"]);
  });

  test("has the winner's best execution tested by a run that has its training already", async () => {
    const { trainings } = await ask(1);
    await ask(2, await Promise.all(trainings.map(({ record }, index) => train(record, [0.6, 0.7, 0.9, 0.8][index]!))));

    const winner = await activities.prepareWinner({ sweepId });

    expect(winner?.record.runId).toBe(`${sweepId}-best-2`);
    expect([winner?.record.until, winner?.record.trial, winner?.record.pipeline.train.seed]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(winner?.pins.train).toMatchObject({ key: "k", madeBy: `${sweepId}-2-1` });
    expect((await store.sweeps.find(sweepId))?.winner).toMatchObject({ number: 2, execution: 1 });
  });

  test("keeps the attempts that a training had made when it goes on to the next rung", async () => {
    const sweep = { space: { "train.batchSize": [8, 16, 32] }, prune: "asha", algorithm: "grid" };
    await store.sweeps.put(aSweep({ sweep }));
    let step = 1;
    let { trainings } = await ask(step);
    for (; step < 4; step++) ({ trainings } = await ask(step + 1, [await train(trainings[0]!.record, step / 10)]));

    expect(trainings[0]?.order).toMatchObject({ number: 1, untilEpoch: 3, runId: `${sweepId}-1-1` });
    expect(trainings[0]?.record.stages.find(({ name }) => name === "train")?.attempts).toBe(2);
  });
});
