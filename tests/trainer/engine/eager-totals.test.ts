import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";

import { randomStream } from "../../../ml/random.ts";
import { EagerTotals } from "../../../trainer/engine/eager-totals.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import { noTotals } from "./support.ts";

let totals: EagerTotals;
beforeAll(loadTestTensorflow);
beforeEach(() => {
  totals = new EagerTotals();
});
afterEach(() => totals.dispose());

function add(loss: number, correct: number, rows: number): void {
  const step = { loss: tf.scalar(loss), correct: tf.scalar(correct) };
  totals.add({ steps: [step], rows });
  tf.dispose(step);
}

test("are the sums in double precision, from whatever they begin with", () => {
  const random = randomStream(5, "losses");
  const losses = Float32Array.from({ length: 200 }, () => random() ** 20 * 1000);
  const before = { lossSum: 1 / 3, correct: 2 ** 40 + 1, rows: 2 ** 33 };
  const expected = losses.reduce((sum, loss) => sum + loss * 33, before.lossSum);

  totals.begin(before);
  for (const loss of losses) add(loss, 7, 33);

  expect(totals.read()).toEqual({
    totals: { lossSum: expected, correct: before.correct + 1400, rows: before.rows + 6600 },
    loss: losses.at(-1),
  });
});

test.each([NaN, Infinity, -Infinity])("stand still from the first loss on that is not finite: %d", (loss) => {
  totals.begin(noTotals);

  for (const one of [2, 3, loss, 4, -loss, 5]) add(one, 1, 10);

  expect(totals.read()).toEqual({ totals: { lossSum: 50, correct: 2, rows: 20 }, loss });
});
