import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { historySchema } from "../../../ml/train/schema.ts";
import type { TrainJob } from "../../../ml/train/trainer-messages.ts";
import { train } from "../../../trainer/jobs/train.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import type { SmallDataset } from "../../support/small-dataset.ts";
import { smallTrainJob, storeSmallDataset } from "../../support/small-dataset.ts";
import { storeModule } from "../../support/store-module.ts";
import type { ContextChange, TestContext, TestTrainer } from "../../support/test-trainer.ts";
import { dyingAfter, testTrainer } from "../../support/test-trainer.ts";

let trainer: TestTrainer;
let data: SmallDataset;

beforeAll(loadTestTensorflow);
beforeEach(async () => {
  trainer = await testTrainer();
  data = await storeSmallDataset(trainer.artifacts);
});
afterEach(() => trainer.close());

const messagesOf = ({ logged }: TestContext) => logged.map(({ message }) => message);
const run = (job: TrainJob, change?: ContextChange) => trainer.train(job, change);

async function historyOf(job: TrainJob) {
  const result = await run(job);
  return { result, history: await trainer.artifacts.getJson(result.history, historySchema) };
}

const ownModel = `import { defineModel } from "convoy";
export default defineModel({
  build({ layers, outputs }) {
    layers.convolution({ filters: 4, activation: "relu" });
    layers.dropout(0.2);
    layers.flatten();
    layers.dense({ units: 8, activation: "relu" });
    layers.dropout(0.3);
    layers.dense({ units: outputs });
    return layers.output;
  },
});`;

describe("a model of one's own", () => {
  test.each(["eager", "graph"] as const)("trains bit for bit as the same layers in a pipeline file, %s", async (engine) => {
    const own = await run(smallTrainJob(data, { model: await storeModule(ownModel, trainer.artifacts), train: { engine } }));
    const listed = await run(smallTrainJob(data, { runId: "run-2", train: { engine } }));

    expect(own.weights.sha256).toBe(listed.weights.sha256);
  });

  test("may be of tfjs' layers; their first weights follow the run's seed", async () => {
    const model = await storeModule(
      `import { defineModel } from "convoy";
import * as tf from "@tensorflow/tfjs";
export default defineModel({
  build({ input, outputs }) {
    const hidden = tf.layers.dense({ units: 8, activation: "relu", kernelInitializer: "heNormal" });
    return tf.layers.dense({ units: outputs }).apply(hidden.apply(tf.layers.flatten().apply(input))) as tf.SymbolicTensor;
  },
});`,
      trainer.artifacts,
    );

    const [first, again, other] = [
      await run(smallTrainJob(data, { model })),
      await run(smallTrainJob(data, { model, runId: "run-2" })),
      await run(smallTrainJob(data, { model, runId: "run-3", seed: 4 })),
    ];

    expect(again.weights.sha256).toBe(first.weights.sha256);
    expect(other.weights.sha256).not.toBe(first.weights.sha256);
  });

  test.each([
    [
      "tf.layers.dropout({ rate: 0.5 }).apply(flat)",
      "is tfjs' Dropout, which does not train as it should; use layers.dropout(rate)",
    ],
    ["flat", "build must return the output of the last layer, [4] logits; received [64]"],
    ["tf.layers.dense({ units: -1 }).apply(flat)", /^own\.ts:4:\d+ failed in build: Expected units to be a positive integer/],
  ])("that gives %s is refused for good", async (last, message) => {
    const model = await storeModule(
      `import { defineModel } from "convoy";
import * as tf from "@tensorflow/tfjs";
export default defineModel({ build({ input, outputs }) { const flat = tf.layers.flatten().apply(input);
  const end = ${last} as tf.SymbolicTensor;
  return end === flat ? end : tf.layers.dense({ units: outputs }).apply(end) as tf.SymbolicTensor; } });`,
      trainer.artifacts,
    );

    await expect(run(smallTrainJob(data, { model }))).rejects.toThrow(message);
  });
});

test("a loss of one's own that is the cross-entropy trains as the cross-entropy, and is measured on the validation part", async () => {
  const loss = await storeModule(
    `import { defineLoss } from "convoy";
import * as tf from "@tensorflow/tfjs";
export default defineLoss({
  lossOfRows({ logits, labels }) {
    return tf.neg(tf.sum(tf.mul(tf.oneHot(labels, logits.shape[1]), tf.logSoftmax(logits)), 1));
  },
});`,
    trainer.artifacts,
  );
  const graph = { engine: "graph", loss };

  const own = await historyOf(smallTrainJob(data, { train: graph }));
  const usual = await historyOf(smallTrainJob(data, { runId: "run-2", train: { engine: "graph" } }));

  for (const [i, { train: score, validation }] of own.history.epochs.entries()) {
    expect(score.loss).toBeCloseTo(usual.history.epochs[i]!.train.loss, 4);
    expect(validation!.loss).toBeCloseTo(usual.history.epochs[i]!.validation!.loss, 4);
  }
});

test("a loss of one's own with another shape is refused, with its place", async () => {
  const loss = await storeModule(
    `import { defineLoss } from "convoy";
export default defineLoss({ lossOfRows: ({ logits }) => logits.sum() });`,
    trainer.artifacts,
  );

  await expect(run(smallTrainJob(data, { train: { loss } }))).rejects.toThrow(
    "./own.ts failed in lossOfRows: one loss a row was expected, [16]; received []",
  );
});

describe("a callback of one's own", () => {
  const kappa = `import { defineCallback } from "convoy";
type State = { seen: number; began: number };
export default defineCallback<State>({
  initialState: { seen: 0, began: 0 },
  onTrainBegin: ({ epoch, log }) => log("begins after epoch " + epoch),
  onEpochEnd({ epoch, state, validation, log }) {
    const { labels, probabilities, ids } = validation!;
    const classes = probabilities.length / labels.length;
    const predicted = (row: number) => Array.from({ length: classes }, (_, i) => i).reduce((a, b) => (probabilities[row * classes + b]! > probabilities[row * classes + a]! ? b : a));
    const hits = Array.from(labels, (label, row) => (predicted(row) === label ? 1 : 0)).reduce((a, b) => a + b, 0);
    log("epoch " + epoch + ", state " + state.seen);
    return {
      state: { ...state, seen: state.seen + labels.length },
      metrics: { share: hits / labels.length, seen: state.seen + labels.length, images: ids.length },
      stop: epoch === 5,
    };
  },
  onTrainEnd: ({ epoch, bestEpoch, state, log }) => log("ended at " + epoch + ", best " + bestEpoch + ", seen " + state.seen),
});`;

  test("sees the whole validation part, its numbers stand in the history, and it may stop and be watched", async () => {
    const callbacks = [await storeModule(kappa, trainer.artifacts)];
    const job = smallTrainJob(data, {
      train: { epochs: 8, callbacks, monitor: { metric: "seen", mode: "max" }, optimizer: { learningRate: 0.02 } },
    });

    const context = trainer.context();
    const history = await trainer.artifacts.getJson((await train(job, context)).history, historySchema);

    expect(history.epochs.map(({ metrics }) => metrics!["share"])).toEqual(
      history.epochs.map(({ validation }) => validation!.accuracy),
    );
    expect(history.epochs.map(({ metrics }) => metrics!["seen"])).toEqual([20, 40, 60, 80, 100]);
    expect(history).toMatchObject({ stoppedEarly: true, bestEpoch: 5 });
    expect(messagesOf(context).filter((message) => /begins|ended/.test(message))).toEqual([
      "begins after epoch 0",
      "ended at 5, best 5, seen 100",
    ]);
  });

  test("goes on with its state from the checkpoint after a kill: the same bits as undisturbed", async () => {
    const callbacks = [await storeModule(kappa, trainer.artifacts)];
    const job = (runId: string, attempt = 1) =>
      smallTrainJob(data, { runId, attempt, scheduledAtMs: 1000 * attempt, train: { callbacks } });
    const whole = await run(job("whole"));
    await expect(run(job("killed"), dyingAfter(1))).rejects.toThrow("killed");

    const context = trainer.context();
    const resumed = await train(job("killed", 2), context);

    expect([resumed.weights.sha256, resumed.history.sha256]).toEqual([whole.weights.sha256, whole.history.sha256]);
    expect(messagesOf(context)).toEqual(expect.arrayContaining(["begins after epoch 2", "epoch 3, state 40"]));
  });

  test.each([
    ["{ metrics: { bad: NaN } }", "./own.ts: the metric bad must be a finite number; received NaN"],
    ["{ state: (() => 1) as never }", "./own.ts: a state must be JSON; received function"],
    ['(() => { throw new TypeError("no") })()', /^own\.ts:2:\d+ failed in onEpochEnd: TypeError: no/],
  ])("that answers %s fails the run for good", async (answer, message) => {
    const source = `import { defineCallback } from "convoy";\nexport default defineCallback({ onEpochEnd: () => (${answer}) });`;
    const callbacks = [await storeModule(source, trainer.artifacts)];

    await expect(run(smallTrainJob(data, { train: { callbacks } }))).rejects.toThrow(message);
  });

  test("must give the metric that is watched", async () => {
    await expect(run(smallTrainJob(data, { train: { monitor: { metric: "kappa", mode: "max" } } }))).rejects.toThrow(
      "train.monitor watches the metric kappa, which no module under train.callbacks gives; they give: none",
    );
  });
});
