import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { createEvaluate } from "../../activities/evaluate.ts";
import type { StageContext } from "../../activities/stage.ts";
import { createTrain } from "../../activities/train.ts";
import type { TrainerSettings } from "../../activities/trainer-process.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
import { TrainerCrashed, TrainingStuck } from "../../ml/errors.ts";
import { evaluateParametersSchema, metricsSchema } from "../../ml/evaluate/schema.ts";
import { modelFileSchema } from "../../ml/model-file/schema.ts";
import type { StageProgress } from "../../ml/run/schema.ts";
import { readTable } from "../../storage/tables.ts";
import { activityEnvironment } from "../support/activity-environment.ts";
import { keptLog } from "../support/quiet-log.ts";
import { smallTrainJob, storeSmallDataset } from "../support/small-dataset.ts";
import type { TrainerBench } from "../support/trainer-bench.ts";
import { openTrainerBench } from "../support/trainer-bench.ts";

let bench: TrainerBench;
let inputs: {
  dataset: ArtifactRef;
  split: ArtifactRef;
  normalizer: ArtifactRef;
  encoder: ArtifactRef;
  augmentation: ArtifactRef;
};
const { model, train: trainParameters } = smallTrainJob({} as never, { train: { epochs: 12, engine: "auto" } });

beforeAll(async () => {
  bench = await openTrainerBench();
  const { artifacts } = bench.store;
  const data = await storeSmallDataset(artifacts, { rowCount: 200 });
  inputs = {
    dataset: await artifacts.putJson(data.dataset),
    split: data.split,
    normalizer: await artifacts.putJson(data.normalizer),
    encoder: await artifacts.putJson(data.encoder),
    augmentation: await artifacts.putJson(data.augmentation),
  };
});
afterAll(() => bench.close());

interface Attempt {
  runId: string;
  attempt?: number;
  settings?: TrainerSettings;
}

/** Runs a stage as an activity of the given attempt. */
function inActivity<Result>({ runId, attempt = 1 }: Attempt, stage: (context: StageContext) => Promise<Result>) {
  const progress: StageProgress[] = [];
  const environment = activityEnvironment({
    attempt,
    activityId: "8",
    currentAttemptScheduledTimestampMs: attempt * 1000,
  });
  const log = keptLog();
  const result = environment.run<[], Result, () => Promise<Result>>(() =>
    stage({
      runId,
      attempt,
      attemptsBefore: 0,
      continues: [],
      openBucket: () => bench.store.objects,
      artifacts: bench.store.artifacts,
      log,
      signal: new AbortController().signal,
      scratchFolder: "/nonexistent",
      progress: () => undefined,
      report: (now) => void progress.push(now),
    }),
  );
  return { result, progress, log };
}

function train(attempt: Attempt) {
  const stage = createTrain(bench.store, attempt.settings ?? bench.settings());
  return inActivity(attempt, (context) => stage({ parameters: { train: trainParameters, model }, inputs, seed: 3 }, context));
}

describe("training and evaluation as stages", () => {
  let trained: Awaited<ReturnType<ReturnType<typeof createTrain>>>;

  test("training hands on weights with what is needed to load them, and a summary", async () => {
    const { result, progress } = train({ runId: "stages" });
    trained = await result;

    expect(trained.summary).toMatchObject({
      epochs: 12,
      bestEpoch: expect.any(Number) as number,
      stoppedEarly: false,
      device: "cpu",
    });
    expect(trained.summary["train"]).toEqual({ loss: expect.any(Number) as number, accuracy: expect.any(Number) as number });
    expect(progress.at(-1)).toMatchObject({ done: 12, total: 12, unit: "epochs", epoch: 12 });
    const file = await bench.store.artifacts.getJson(trained.outputs.model, modelFileSchema);
    const sizes = file.weights.map(({ shape }) => shape.reduce((product, length) => product * length, 4));
    expect(sizes.reduce((sum, size) => sum + size)).toBe(trained.outputs.weights.sizeBytes);
    const csv = Buffer.from(await bench.store.artifacts.get(trained.outputs.csv)).toString("utf8");
    expect(csv.trim().split("\n")).toHaveLength(13);
    expect(csv).toMatch(/^epoch,accuracy,loss,val_accuracy/);
    expect(trained.outputs.events.sizeBytes).toBeGreaterThan(12 * 7 * 40);
  });

  test("evaluation hands on metrics, predictions of every test row, and a page with the worst mistakes", async () => {
    const { artifacts } = bench.store;
    const evaluate = createEvaluate(bench.store, bench.settings());
    const asked = evaluateParametersSchema.parse({ bootstrapDraws: 100, worstMistakes: 3, calibration: "temperature" });
    const parameters = { evaluate: asked, model, classWeights: "none" as const };
    const { result } = inActivity({ runId: "stages" }, (context) =>
      evaluate({ parameters, inputs: { ...inputs, ...trained.outputs }, seed: 3 }, context),
    );

    const { outputs, summary } = await result;
    const metrics = await artifacts.getJson(outputs.metrics, metricsSchema);
    const predictions = await readTable(await artifacts.localPath(outputs.predictions));
    const page = Buffer.from(await artifacts.get(outputs.report)).toString("utf8");

    expect(metrics.test.rowCount).toBe(40);
    expect(summary["test"]).toMatchObject({ accuracy: metrics.test.accuracy, loss: metrics.test.loss });
    expect(metrics.trainEval).toEqual(trained.summary["trainEval"]);
    expect(Object.keys(predictions)).toEqual([
      "row",
      "truth",
      "predicted",
      ...[0, 1, 2, 3].map((code) => `probability:band ${code}`),
    ]);
    const hits = predictions["truth"]?.filter((truth, i) => truth === predictions["predicted"]?.[i]).length;
    expect(hits! / 40).toBe(metrics.test.accuracy);
    expect(page).toContain("Evaluation of model");
    expect(metrics.test.corrected?.by).toEqual(metrics.validation?.corrected?.by);
    expect(page).toMatch(/Logits are divided by a temperature of [0-9.]+, fitted on validation/);
    expect(page.match(/data:image\//g)?.length ?? 0).toBe(metrics.test.worstMistakes.length);
  });
});

describe("failures in a row", () => {
  test("are retried twice; the third without a new checkpoint is permanent and says so", async () => {
    const failing = (attempt: number) => train({ runId: "failing", attempt, settings: bench.fake("ends with 3") }).result;

    await expect(failing(1)).rejects.toThrow(TrainerCrashed);
    await expect(failing(2)).rejects.toThrow(TrainerCrashed);
    await expect(failing(3)).rejects.toThrow(TrainingStuck);
    await expect(failing(4)).rejects.toThrow(/failed 4 times before a first checkpoint.*exit code 3/s);
  });

  test("do not count when storage was away", async () => {
    for (const attempt of [1, 2, 3, 4]) {
      const { result } = train({ runId: "storage", attempt, settings: bench.fake("loses its storage") });

      await expect(result).rejects.toThrow(/Storage could not put/);
    }
  });
});
