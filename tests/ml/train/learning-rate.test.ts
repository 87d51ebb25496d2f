import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { firstRate, judgePlateau, learningRateAt } from "../../../ml/train/learning-rate.ts";
import { trainParametersSchema } from "../../../ml/train/schema.ts";

/** Written by tests/golden/train/make-goldens.py with Keras 3. */
const { schedules, plateaus } = JSON.parse(
  readFileSync(new URL("../../golden/train/keras-steps.json", import.meta.url), "utf8"),
) as {
  schedules: { schedule: object; rates: number[] }[];
  plateaus: { schedule: object; losses: number[]; rates: number[] }[];
};

const stepsPerEpoch = 5;
const trainWith = (schedule?: object) =>
  trainParametersSchema.parse({ epochs: 12, optimizer: { learningRate: 0.1 }, ...(schedule && { schedule }) });

describe("the learning rate", () => {
  test.each(schedules)("follows Keras' schedule: $schedule", ({ schedule, rates }) => {
    const train = trainWith(schedule);

    for (const [step, rate] of rates.entries()) {
      expect(Math.abs(learningRateAt(train, firstRate(train), step, stepsPerEpoch) - rate)).toBeLessThan(1e-7);
    }
  });

  test.each(plateaus)("is reduced on a plateau as by Keras: $schedule", ({ schedule, losses, rates }) => {
    const train = trainWith(schedule);
    let state = firstRate(train);

    const reduced = losses.map((loss) => {
      state = judgePlateau(train, state, { validation: { loss, accuracy: 0, balancedAccuracy: null, auc: null } });
      return learningRateAt(train, state, 0, stepsPerEpoch);
    });

    for (const [epoch, rate] of rates.entries()) expect(Math.abs(reduced[epoch]! - rate)).toBeLessThan(1e-7);
  });

  test("rises in a line where there is a warm-up, and stays where no schedule is given", () => {
    const warm = trainWith({ warmupEpochs: 2 });
    const rates = [0, 5, 10, 11].map((step) => learningRateAt(warm, firstRate(warm), step, stepsPerEpoch));

    expect(rates).toEqual([0, 0.05, 0.1, 0.1]);
    expect(learningRateAt(trainWith(), firstRate(trainWith()), 55, stepsPerEpoch)).toBe(0.1);
  });

  test("is not touched by a plateau of another metric, or of one that cannot be measured", () => {
    const train = trainParametersSchema.parse({ monitor: "auc", schedule: { name: "plateau", patience: 1 } });
    const state = judgePlateau(train, firstRate(train), {
      validation: { loss: 1, accuracy: 0, balancedAccuracy: null, auc: null },
    });

    expect(state).toEqual(firstRate(train));
  });
});
