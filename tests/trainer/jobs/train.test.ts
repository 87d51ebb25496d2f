import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

import { StaleAttempt, TrainingDiverged } from "../../../ml/errors.ts";
import { evaluateParametersSchema } from "../../../ml/evaluate/schema.ts";
import { historySchema } from "../../../ml/train/schema.ts";
import type { TrainJob, TrainResult } from "../../../ml/train/trainer-messages.ts";
import { decodeCheckpoint } from "../../../storage/checkpoint-bytes.ts";
import { Checkpoints } from "../../../storage/checkpoints.ts";
import { StopRequested } from "../../../trainer/context.ts";
import { evaluate } from "../../../trainer/jobs/evaluate.ts";
import { train } from "../../../trainer/jobs/train.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import type { JobChange, SmallDataset } from "../../support/small-dataset.ts";
import { smallTrainJob, storeSmallDataset } from "../../support/small-dataset.ts";
import type { ContextChange, TestTrainer } from "../../support/test-trainer.ts";
import { dyingAfter, testTrainer } from "../../support/test-trainer.ts";

let trainer: TestTrainer;
let data: SmallDataset;

beforeAll(loadTestTensorflow);
beforeEach(async () => {
  trainer = await testTrainer();
  data = await storeSmallDataset(trainer.artifacts);
});
afterEach(() => trainer.close());

const run = (job: TrainJob, change?: ContextChange) => trainer.train(job, change);
const attempt = (number: number) => ({ attempt: number, scheduledAtMs: 1000 * number });
const bitsOf = ({ weights, model, history }: TrainResult) => [weights.sha256, model.sha256, history.sha256];
const checkpointKeys = () => [...trainer.objects.objects.keys()].filter((key) => /^checkpoints\/.*-[0-9a-f]{64}$/.test(key));

describe("a training", () => {
  test("learns, and hands on the weights, what they are, and how it went", async () => {
    const result = await run(smallTrainJob(data, { train: { epochs: 8 } }));

    const history = await trainer.artifacts.getJson(result.history, historySchema);
    expect(history.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(history.trainEval.accuracy).toBeGreaterThan(0.9);
    expect(history.epochs.at(-1)?.validation?.auc).toBeGreaterThan(0.9);
    expect(result.weights.sizeBytes).toBe(4 * (3 * 3 * 4 + 4 + 8 * 8 * 4 * 8 + 8 + 8 * 4 + 4));
  });

  test("warns, once and with a remedy, where a network answers every image with one class", async () => {
    const context = trainer.context();
    const blind = { ...data, normalizer: { ...data.normalizer, scale: [0] } };

    const result = await train(smallTrainJob(blind), context);

    const warnings = context.logged.filter(({ message }) => message.startsWith("collapsed"));
    expect(warnings).toEqual([
      { level: "warn", message: expect.stringMatching(/since epoch 1 .*smaller train\.optimizer\.learningRate/) },
    ]);
    const history = await trainer.artifacts.getJson(result.history, historySchema);
    expect(history.epochs.map(({ oneClass }) => oneClass)).toEqual([true, true, true, true]);
  });

  test("ends with the same bits whatever the size of the shards its data lies in", async () => {
    const other = await storeSmallDataset(trainer.artifacts, { shardRows: 7 });

    const [first, second] = [await run(smallTrainJob(data)), await run(smallTrainJob(other, { runId: "run-2" }))];

    expect(bitsOf(second)).toEqual(bitsOf(first));
  });

  test("is evaluated on rows it never saw, the same twice", async () => {
    const { train: _train, augmentation: _augmentation, ...job } = smallTrainJob(data, { train: { epochs: 8 } });
    const { weights } = await run(smallTrainJob(data, { train: { epochs: 8 } }));
    const evaluateJob = {
      ...job,
      kind: "evaluate" as const,
      weights,
      classWeights: "none" as const,
      evaluate: evaluateParametersSchema.parse({ bootstrapDraws: 50, worstMistakes: 4 }),
    };

    const context = trainer.context();
    const withThreshold = { ...evaluateJob, evaluate: { ...evaluateJob.evaluate, threshold: "youden" as const } };

    const results = [await evaluate(evaluateJob, trainer.context()), await evaluate(withThreshold, context)];

    expect(results[0]).toEqual(results[1]);
    expect(context.logged).toContainEqual({
      level: "warn",
      message: 'evaluate.threshold "youden" is for two classes and does nothing with 4',
    });
    expect(results[0]?.test.rowCount).toBe(20);
    expect(results[0]?.test.accuracy).toBeGreaterThan(0.8);
  });

  test("stops at a loss that is not finite, saying where and with what, and keeps the last good checkpoint", async () => {
    const job = smallTrainJob(data, { train: { epochs: 50, optimizer: { name: "sgd", learningRate: 1e30 } } });

    await expect(run(job)).rejects.toThrow(TrainingDiverged);
    await expect(run(smallTrainJob(data, { ...job, runId: "again" }))).rejects.toThrow(
      /epoch 1.*device=cpu, learningRate=1e\+30, batchSize=16, optimizer=sgd/,
    );
  });

  test.each([
    ["eager", 1e30, /loss of epoch 1, step 2 must/],
    ["graph", 1e30, /loss of epoch 1, step 2 must/],
    ["eager", 1e39, /weights after epoch 1, step 1 must be finite; received \S+ in .*learningRate/],
    ["graph", 1e39, /loss of epoch 1, step 2 must/],
  ])(
    "stores no weights that are not finite, even if asked to after each call: %s, rate %d",
    async (engine, learningRate, message) => {
      const clock = vi.spyOn(performance, "now").mockImplementation(() => clock.mock.calls.length * 60_000);
      const parameters = { engine, epochs: 5, checkpointMinutes: 0.1, optimizer: { name: "sgd", learningRate } };

      await expect(run(smallTrainJob(data, { train: parameters }))).rejects.toThrow(message);

      clock.mockRestore();
      for (const key of checkpointKeys()) {
        const { variables } = decodeCheckpoint((await trainer.objects.get(key)).bytes);
        for (const { values } of variables.values()) expect(values.every(Number.isFinite)).toBe(true);
      }
    },
  );

  test.each(["eager", "graph"])(
    "stores no weights that an epoch's last step made infinite, where no validation would tell: %s",
    async (engine) => {
      const unchecked = await storeSmallDataset(trainer.artifacts, { validation: false });
      const parameters = { engine, batchSize: 100, optimizer: { name: "sgd", learningRate: 1e39 } };

      await expect(run(smallTrainJob(unchecked, { train: parameters }))).rejects.toThrow(
        /weights after epoch 1, step 1 must be finite.*No epoch was finished before/,
      );

      expect(checkpointKeys()).toEqual([]);
    },
  );

  test("ends with the best epoch's weights where asked, and stops when it no longer gets better", async () => {
    const job = smallTrainJob(data, {
      train: { epochs: 60, optimizer: { learningRate: 0.3 }, earlyStopping: { patience: 2 }, monitor: "accuracy" },
    });

    const history = await trainer.artifacts.getJson((await run(job)).history, historySchema);

    expect(history.stoppedEarly).toBe(true);
    expect(history.epochs.length).toBe(history.bestEpoch + 2);
  });
});

describe("a training that is killed and goes on elsewhere", () => {
  test.each([0, 1, 2, 3])("ends with the same bits when it died after checkpoint %i", async (count) => {
    const undisturbed = await run(smallTrainJob(data));

    await expect(run(smallTrainJob(data, { runId: "killed" }), dyingAfter(count))).rejects.toThrow("killed");
    const resumed = await run(smallTrainJob(data, { runId: "killed", ...attempt(2) }));

    expect(bitsOf(resumed)).toEqual(bitsOf(undisturbed));
  });

  test.each([1, 3])(
    "ends with the same bits when another run takes it up after checkpoint %i, doing no epoch twice",
    async (count) => {
      const undisturbed = await run(smallTrainJob(data, { train: { epochs: 6 } }));
      const killed = { runId: "killed", train: { epochs: 6 } };
      await expect(run(smallTrainJob(data, killed), dyingAfter(count))).rejects.toThrow("killed");
      const before = new Map(trainer.objects.objects);
      const epochs = new Set<number>();

      const job = smallTrainJob(data, { ...killed, runId: "retry", continues: ["never trained", "killed"] });
      const taken = await run(job, { report: ({ phase, epoch }) => void (phase === "training" && epochs.add(epoch ?? 0)) });

      expect(bitsOf(taken)).toEqual(bitsOf(undisturbed));
      expect(taken.continuedFrom).toEqual({ runId: "killed", epoch: count + 1 }); // it died after announcing one more
      expect(Math.min(...epochs)).toBe(count + 2);
      for (const [key, value] of before) expect(trainer.objects.objects.get(key)).toBe(value);
    },
  );

  test("says from which epoch another run went on whose newest checkpoint is torn, after a kill of its own too", async () => {
    const undisturbed = await run(smallTrainJob(data));
    await expect(run(smallTrainJob(data, { runId: "torn" }), dyingAfter(2))).rejects.toThrow("killed");
    const newest = checkpointKeys().find((key) => key.includes("/torn/") && epochOf(key) === 3)!;
    await trainer.objects.put(newest, (await trainer.objects.get(newest)).bytes.slice(0, 100));
    const job = (number: number) => smallTrainJob(data, { runId: "retry", continues: ["torn"], ...attempt(number) });

    await expect(run(job(1), dyingAfter(1))).rejects.toThrow("killed");
    const resumed = await run(job(2));

    expect(resumed.continuedFrom).toEqual({ runId: "torn", epoch: 2 });
    expect(undisturbed.continuedFrom).toBeNull();
    expect(bitsOf(resumed)).toEqual(bitsOf(undisturbed));
  });

  test.each([
    { engine: "eager", epochs: 2, batchSize: 4 },
    { engine: "graph", epochs: 6, batchSize: 1 },
  ])("ends with the same bits when asked to stop within an epoch, time and again, on $engine", async (parameters) => {
    const long = await storeSmallDataset(trainer.artifacts, { rowCount: 1000 });
    const job = (change: JobChange) => smallTrainJob(long, { train: parameters, ...change });
    const undisturbed = await run(job({}));
    const checkpoints: (string | null)[] = [];
    let attempts = 0;
    let result: TrainResult | null = null;
    while (result === null) {
      attempts++;
      let asked = 0;
      try {
        result = await run(job({ runId: "stopped", ...attempt(attempts) }), { stopRequested: () => attempts < 5 && ++asked > 1 });
      } catch (error) {
        if (!(error instanceof StopRequested)) throw error;
        checkpoints.push(error.checkpoint);
      }
    }

    expect(attempts).toBeGreaterThan(2);
    expect(new Set(checkpoints).size).toBe(attempts - 1);
    expect(bitsOf(result)).toEqual(bitsOf(undisturbed));
  });

  test("falls back by one when the newest checkpoint is torn, and to the start when all are", async () => {
    const undisturbed = await run(smallTrainJob(data));
    for (const torn of [1, 20]) {
      const runId = `torn-${torn}`;
      await expect(run(smallTrainJob(data, { runId }), dyingAfter(2))).rejects.toThrow("killed");
      const newestFirst = checkpointKeys()
        .filter((key) => key.includes(runId))
        .toSorted((a, b) => epochOf(b) - epochOf(a));
      for (const key of newestFirst.slice(0, torn))
        await trainer.objects.put(key, (await trainer.objects.get(key)).bytes.slice(0, 100));
      const context = trainer.context();

      const resumed = await train(smallTrainJob(data, { runId, ...attempt(2) }), context);

      expect(bitsOf(resumed)).toEqual(bitsOf(undisturbed));
      expect(context.logged.find(({ level }) => level === "warn")?.message).toContain("has 100 bytes instead of");
    }
  });

  test("ends with the same bits when the twenty newest files were cut short, the manifest among them", async () => {
    const undisturbed = await run(smallTrainJob(data));
    await expect(run(smallTrainJob(data, { runId: "cut" }), dyingAfter(3))).rejects.toThrow("killed");
    const keys = [...trainer.objects.objects.keys()].filter((key) => key.startsWith("checkpoints/cut/")).slice(-20);
    for (const key of keys) await trainer.objects.put(key, (await trainer.objects.get(key)).bytes.slice(0, -7));

    const resumed = await run(smallTrainJob(data, { runId: "cut", ...attempt(2) }));

    expect(keys.some((key) => key.endsWith("manifest.json"))).toBe(true);
    expect(bitsOf(resumed)).toEqual(bitsOf(undisturbed));
  });

  test("never resumes a checkpoint of other parameters", async () => {
    const other = { train: { optimizer: { learningRate: 0.02 } } };
    const undisturbed = await run(smallTrainJob(data, { ...other, runId: "undisturbed" }));
    await expect(run(smallTrainJob(data), dyingAfter(2))).rejects.toThrow("killed");

    const resumed = await run(smallTrainJob(data, { ...other, ...attempt(2) }));

    expect(bitsOf(resumed)).toEqual(bitsOf(undisturbed));
  });

  test("keeps the newest checkpoints and the best, and deletes the rest", async () => {
    await run(smallTrainJob(data, { train: { epochs: 12, keepCheckpoints: 2 } }));

    const epochs = checkpointKeys().map(epochOf);
    expect(epochs).toEqual(expect.arrayContaining([11, 12]));
    expect(epochs.length).toBeLessThanOrEqual(4);
  });

  test("stores checkpoints within an epoch every so many minutes", async () => {
    const steps: string[] = [];
    let hour = 0;
    const job = smallTrainJob(await storeSmallDataset(trainer.artifacts, { rowCount: 1000 }), {
      train: { epochs: 2, batchSize: 4, checkpointMinutes: 30 },
    });

    await run(job, {
      now: () => hour++ * 3_600_000,
      report: ({ checkpoint }) => void (checkpoint && steps.push(checkpoint.split("-")[3]!)),
    });

    expect(steps.length).toBeGreaterThan(1);
    expect(Number(steps[0])).toBeLessThan(Number(steps.at(-1)));
  });

  test("stops writing as soon as a later attempt has taken over", async () => {
    let overtaken = false;
    const stale = run(smallTrainJob(data), {
      report: ({ phase }) => {
        if (phase !== "checkpointing" || overtaken) return;
        overtaken = true;
        void Checkpoints.claim(trainer.objects, { runId: "run-1", stage: "train" }, { activityId: "7", ...attempt(2) });
      },
    });

    await expect(stale).rejects.toThrow(StaleAttempt);
    await expect(run(smallTrainJob(data))).rejects.toThrow(/taken over by attempt 2/);
  });
});

describe("a training that ends before its last epoch", () => {
  const cosine = { epochs: 6, schedule: { name: "cosine", warmupEpochs: 1 } };
  const trainedEpochs = async (job: TrainJob, change: ContextChange = {}) => {
    const epochs = new Set<number>();
    const result = await run(job, {
      ...change,
      report: ({ phase, epoch }) => void (phase === "training" && epochs.add(epoch ?? 0)),
    });
    return { result, epochs: [...epochs] };
  };

  // Keras Tuner #439: trials started again from epoch 0.
  test("goes on from its checkpoint to the next rung, and ends with the bits and the rates of one that never stopped", async () => {
    const undisturbed = await run(smallTrainJob(data, { train: cosine, runId: "undisturbed" }));
    const rung = (number: number, untilEpoch: number) =>
      trainedEpochs(smallTrainJob(data, { train: cosine, untilEpoch, ...attempt(number) }));

    const [first, second, last] = [await rung(1, 2), await rung(2, 3), await rung(3, 6)];

    expect([first.epochs, second.epochs, last.epochs]).toEqual([[1, 2], [3], [4, 5, 6]]);
    expect(bitsOf(last.result)).toEqual(bitsOf(undisturbed));
    const { epochs } = await trainer.artifacts.getJson(first.result.history, historySchema);
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
  });

  test("goes on where train.epochs is raised, as if it had had them from the start; early stopping included", async () => {
    const shared = { earlyStopping: { patience: 1 }, monitor: "accuracy", optimizer: { learningRate: 0.3 } };
    const long = { train: { ...shared, epochs: 30 } };
    const { epochs } = await trainer.artifacts.getJson(
      (await run(smallTrainJob(data, { ...long, runId: "long" }))).history,
      historySchema,
    );
    await run(smallTrainJob(data, { train: { ...shared, epochs: epochs.length - 1 }, runId: "short" }));

    const raised = await trainedEpochs(smallTrainJob(data, { ...long, runId: "raised", continues: ["short"] }));

    expect(epochs.length).toBeLessThan(30);
    expect(raised.epochs).toEqual([epochs.length]);
    expect(bitsOf(raised.result)).toEqual(bitsOf(await run(smallTrainJob(data, { ...long, runId: "again" }))));
  });

  test("begins anew where the earlier run has trained longer than this one shall", async () => {
    await run(smallTrainJob(data, { runId: "long" }));

    const { epochs } = await trainedEpochs(smallTrainJob(data, { runId: "short", train: { epochs: 2 }, continues: ["long"] }));

    expect(epochs).toEqual([1, 2]);
  });

  test("begins anew where epochs are added and the schedule spans them all", async () => {
    await run(smallTrainJob(data, { train: { ...cosine, epochs: 3 }, runId: "short" }));

    const { epochs } = await trainedEpochs(smallTrainJob(data, { train: cosine, runId: "raised", continues: ["short"] }));

    expect(epochs).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("by train.maxMinutes tells how many epochs that were, and with as many ends with the same bits", async () => {
    let hour = 0;
    const timed = { train: { epochs: 100, maxMinutes: 1000 } };
    const result = await run(smallTrainJob(data, timed), { now: () => hour++ * 3_600_000 });
    const { epochs, stoppedEarly } = await trainer.artifacts.getJson(result.history, historySchema);

    const reproduced = await run(smallTrainJob(data, { ...timed, runId: "reproduction", untilEpoch: epochs.length }), {
      now: () => hour++ * 3_600_000,
    });

    expect(epochs.length).toBeGreaterThan(1);
    expect(epochs.length).toBeLessThan(20);
    expect(stoppedEarly).toBe(false);
    expect(bitsOf(reproduced)).toEqual(bitsOf(result));
  });
});

function epochOf(key: string): number {
  return Number(/(\d+)-(\d+)-(\d+)-[0-9a-f]{64}$/.exec(key)?.[2]);
}
