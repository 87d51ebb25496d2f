import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test, vi } from "vitest";

import { TrainingDiverged } from "../../../ml/errors.ts";
import { createEngine } from "../../../trainer/engine/create-engine.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import { allRows, engineOptions, hashOfState, noTotals, trainEpochs } from "./support.ts";

beforeAll(loadTestTensorflow);

describe.each(["eager", "graph"] as const)("the %s engine", (kind) => {
  const everything = {
    model: [
      { conv: 4, batchNorm: true, l2: 1e-3 },
      { pool: "max", dropout: 0.25 },
      { conv: 4, activation: "tanh" },
      { pool: "sum" },
      { dense: 8, dropout: 0.5 },
    ],
    augment: { rotation: 10, shift: 0.1, zoom: 0.1, shear: 5, flip: "both" },
    train: { engine: kind, optimizer: { name: "adam", clipNorm: 1 }, classWeights: "sqrt" },
  };

  test("learns a separable problem", async () => {
    const engine = createEngine(engineOptions({ model: [{ conv: 4 }, { dense: 8 }], train: { engine: kind } }));

    const losses = await trainEpochs(engine, 8, { learningRate: 1e-2 });

    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    engine.dispose();
  });

  test("ends with the same bits when run again from the same seed, and with others from another", async () => {
    const hashes = [];
    for (const seed of [3, 3, 4]) {
      const engine = createEngine(engineOptions({ ...everything, seed }));
      await trainEpochs(engine, 2);
      hashes.push(hashOfState(await engine.state()));
      engine.dispose();
    }

    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  test("goes on from a state taken within an epoch to the same bits and totals as an undisturbed run", async () => {
    const request = { epoch: 2, order: allRows(40), learningRate: 1e-3, onProgress: async () => false };
    const whole = createEngine(engineOptions(everything));
    await trainEpochs(whole, 1);
    const { totals } = await whole.trainEpoch({ ...request, fromStep: 0, runningTotals: noTotals });
    const first = createEngine(engineOptions(everything));
    await trainEpochs(first, 1);
    const one = await first.trainEpoch({ ...request, order: allRows(16), fromStep: 0, runningTotals: noTotals });
    const state = await first.state();
    first.dispose();

    const second = createEngine(engineOptions({ ...everything, seed: 99 }));
    await second.restore(state);
    second.dispose();
    const third = createEngine(engineOptions(everything));
    await third.restore(state);
    const rest = await third.trainEpoch({ ...request, fromStep: 1, runningTotals: one.totals });

    expect(rest.totals).toEqual(totals);
    expect(hashOfState(await third.state())).toBe(hashOfState(await whole.state()));
    whole.dispose();
    third.dispose();
  });

  test("ends with the same bits whether it takes its steps together or one by one", async () => {
    const given = { ...everything, rows: 16 * 35 };
    const request = { epoch: 1, learningRate: 1e-3, onProgress: async () => false };
    const together = createEngine(engineOptions(given));
    const whole = await together.trainEpoch({ ...request, order: allRows(16 * 35), fromStep: 0, runningTotals: noTotals });
    const single = createEngine(engineOptions(given));
    const sums = { ...noTotals };
    for (let step = 0; step < 35; step++) {
      const order = allRows(16 * (step + 1));
      const { totals } = await single.trainEpoch({ ...request, order, fromStep: step, runningTotals: noTotals });
      sums.lossSum += totals.lossSum;
      sums.correct += totals.correct;
      sums.rows += totals.rows;
    }

    expect(whole.totals).toEqual(sums);
    expect(hashOfState(await single.state())).toBe(hashOfState(await together.state()));
    together.dispose();
    single.dispose();
  });

  test("reads 16-bit pixels as it does 8-bit ones", async () => {
    const options = engineOptions({ model: [{ conv: 4 }], train: { engine: kind } });
    const read = async (rows: Int32Array) => Uint16Array.from(await options.data.read(rows), (value) => value * 257);
    const normalizer = { ...options.normalizer, scale: [1 / 65_535] };
    const eight = createEngine(options);
    const sixteen = createEngine({ ...options, normalizer, data: { ...options.data, dtype: "uint16", read } });

    const [a, b] = [await trainEpochs(eight, 2), await trainEpochs(sixteen, 2)];

    expect(b[1]).toBeCloseTo(a[1]!, 5);
    eight.dispose();
    sixteen.dispose();
  });

  test("keeps the number of tensors constant from epoch to epoch and leaves none behind", async () => {
    const before = tf.memory().numTensors;
    const engine = createEngine(engineOptions(everything));
    await trainEpochs(engine, 1);
    await engine.logits(allRows(40));
    const afterOne = tf.memory().numTensors;

    await trainEpochs(engine, 2);
    await engine.logits(allRows(40));
    await engine.state();

    expect(tf.memory().numTensors).toBe(afterOne);
    engine.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("stops between two steps when asked to and says at which", async () => {
    const engine = createEngine(engineOptions({ ...everything, rows: 4000 }));

    const { totals, stoppedAtStep } = await engine.trainEpoch({
      epoch: 1,
      order: allRows(4000),
      fromStep: 0,
      learningRate: 1e-3,
      runningTotals: noTotals,
      onProgress: async () => true,
    });

    expect(stoppedAtStep).toBeGreaterThan(0);
    expect(totals.rows).toBe(stoppedAtStep! * 16);
    expect((await engine.state()).step).toBe(stoppedAtStep);
    engine.dispose();
  });

  test.each([
    { residentBytes: 2 ** 20, fromStep: 0 },
    { residentBytes: 2 ** 20, fromStep: 19 },
    { residentBytes: 0, fromStep: 0 },
  ])(
    "names the very step whose loss was not finite, and the mean before it, however much later it looks: $residentBytes, $fromStep",
    async ({ residentBytes, fromStep }) => {
      const given = { model: ["flatten"], rows: 16 * 35 + 3, train: { engine: kind, optimizer: { name: "sgd" } }, residentBytes };
      const learningRate = (step: number) => (step === 20 ? 1e39 : 1e-3);
      const runningTotals = { ...noTotals, rows: 16 * fromStep };
      const request = { epoch: 3, fromStep, learningRate, runningTotals, onProgress: async () => false };
      const [healthy, diverging] = [createEngine(engineOptions(given)), createEngine(engineOptions(given))];
      const { totals } = await healthy.trainEpoch({ ...request, order: allRows(16 * 21) });

      const training = diverging.trainEpoch({ ...request, order: allRows(16 * 35 + 3) });

      const mean = (totals.lossSum / totals.rows).toPrecision(4);
      await expect(training).rejects.toThrow(`The loss of epoch 3, step 22 must be finite; received NaN (mean before: ${mean})`);
      healthy.dispose();
      diverging.dispose();
    },
  );

  test("tells nobody of steps after a loss that was not finite", async () => {
    const clock = vi.spyOn(performance, "now").mockImplementation(() => clock.mock.calls.length * 1000);
    const given = { model: ["flatten"], rows: 16 * 35, train: { engine: kind, optimizer: { name: "sgd" } } };
    const told: number[] = [];
    const engine = createEngine(engineOptions(given));

    const training = engine.trainEpoch({
      epoch: 1,
      order: allRows(16 * 35),
      fromStep: 0,
      learningRate: (step) => (step === 20 ? 1e39 : 1e-3),
      runningTotals: noTotals,
      onProgress: async (step) => told.push(step) > 99,
    });

    await expect(training).rejects.toThrow("step 22");
    expect(told.at(-1)).toBe(kind === "graph" ? 16 : 21);
    clock.mockRestore();
    engine.dispose();
  });

  test("names epoch, step and remedies when the loss is no longer finite", async () => {
    const engine = createEngine(engineOptions({ ...everything, train: { engine: kind, optimizer: { name: "sgd" } } }));

    const training = trainEpochs(engine, 5, { learningRate: 1e30 });

    await expect(training).rejects.toThrow(TrainingDiverged);
    await expect(training).rejects.toThrow(/epoch 1, step \d+ must be finite; received NaN.*learningRate/s);
    engine.dispose();
  });
});
