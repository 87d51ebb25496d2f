import { describe, expect, test } from "vitest";

import { evaluatePredictions } from "../../../ml/evaluate/evaluate.ts";
import { evaluateParametersSchema } from "../../../ml/evaluate/schema.ts";
import { randomStream } from "../../../ml/random.ts";
import { meanCrossEntropy, probabilitiesOf } from "../../../ml/model/probabilities.ts";
import { epochOrder } from "../../../ml/train/epoch-order.ts";
import { scoreBriefly, scorePart } from "../../../ml/train/score-part.ts";

const logits = Float32Array.of(2, 0, 0, 1, 3, 0, 0, 0, 1, 5, 0, 0);
const softmax = { head: "softmax" as const, logits, outputs: 3, labels: Int32Array.of(0, 1, 2, 1), classCount: 3 };

describe("a part's score", () => {
  test("of three classes by softmax", () => {
    const byHand = [Math.log(Math.exp(2) + 2) - 2, Math.log(Math.exp(1) + Math.exp(3) + 1) - 3, Math.log(Math.exp(1) + 2) - 1];
    const loss = (byHand[0]! + byHand[1]! + byHand[2]! + Math.log(Math.exp(5) + 2)) / 4;

    const score = scorePart(softmax);

    expect(score.loss).toBeCloseTo(loss, 12);
    expect(score.accuracy).toBe(0.75);
    expect(score.balancedAccuracy).toBeCloseTo((1 + 0.5 + 1) / 3, 12);
    expect(scoreBriefly(softmax)).toEqual({ loss: score.loss, accuracy: score.accuracy });
  });

  test("of two classes by one logit, whose area under the curve is the second's", () => {
    const binary = { head: "sigmoid" as const, outputs: 1, classCount: 2 };
    const score = scorePart({ ...binary, logits: Float32Array.of(-2, 1, -1, 3), labels: Int32Array.of(0, 0, 1, 1) });

    expect(score).toMatchObject({ accuracy: 0.5, balancedAccuracy: 0.5, auc: 0.75 });
    expect(score.loss).toBeCloseTo(
      (Math.log1p(Math.exp(-2)) + Math.log1p(Math.E) + Math.log1p(Math.E) + Math.log1p(Math.exp(-3))) / 4,
      12,
    );
  });

  test("is exact where probabilities would round to 0 or 1", () => {
    const labels = Int32Array.of(0);

    expect(meanCrossEntropy("softmax", Float32Array.of(-200, 0), 2, labels)).toBe(200);
    expect(meanCrossEntropy("sigmoid", Float32Array.of(200), 1, labels)).toBe(200);
  });

  test("has a loss that is not finite when an output is not", () => {
    expect(scorePart({ ...softmax, logits: logits.with(4, NaN) })).toMatchObject({ loss: NaN, auc: null });
  });
});

test.each([
  ["softmax" as const, 4],
  ["softmax" as const, 2],
  ["sigmoid" as const, 1],
])("a part scored in training by %s over %i outputs has the numbers that evaluation gives it", (head, outputs) => {
  const random = randomStream(1, head, outputs);
  const classCount = head === "sigmoid" ? 2 : outputs;
  const rows = Int32Array.from({ length: 300 }, (_, row) => row);
  const labels = rows.map(() => Math.floor(random() * classCount));
  const drawn = Float32Array.from({ length: rows.length * outputs }, () => 4 * random() - 2);

  const score = scorePart({ head, logits: drawn, outputs, labels, classCount });
  const evaluation = evaluatePredictions({
    classes: Array.from({ length: classCount }, (_, code) => `class ${code}`),
    truths: labels,
    probabilities: probabilitiesOf(head, drawn, outputs),
    loss: meanCrossEntropy(head, drawn, outputs, labels),
    rows,
    seed: 1,
    parameters: evaluateParametersSchema.parse({ bootstrapDraws: 0, worstMistakes: 0 }),
  });

  const { loss, accuracy, balancedAccuracy, auc } = evaluation;
  expect(score).toEqual({ loss, accuracy, balancedAccuracy, auc });
});

test("probabilities of a row add up to 1, of one logit as of many", () => {
  expect([...probabilitiesOf("sigmoid", Float32Array.of(0), 1)]).toEqual([0.5, 0.5]);
  const rows = probabilitiesOf("softmax", logits, 3);
  for (let row = 0; row < 4; row++) expect(rows[row * 3]! + rows[row * 3 + 1]! + rows[row * 3 + 2]!).toBeCloseTo(1, 6);
});

test("an epoch's order holds every row once and depends on seed and epoch alone", () => {
  const rows = Int32Array.of(4, 8, 15, 16, 23, 42);

  expect(epochOrder(rows, 1, 2).toSorted()).toEqual(rows);
  expect(epochOrder(rows, 1, 2)).toEqual(epochOrder(rows, 1, 2));
  expect([epochOrder(rows, 1, 3), epochOrder(rows, 2, 2)]).not.toContainEqual(epochOrder(rows, 1, 2));
});
