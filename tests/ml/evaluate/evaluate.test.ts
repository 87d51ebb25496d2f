import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { chooseThreshold, thresholdOn } from "../../../ml/evaluate/choose-threshold.ts";
import type { Predictions } from "../../../ml/evaluate/evaluate.ts";
import { evaluatePredictions } from "../../../ml/evaluate/evaluate.ts";
import { predictedClasses } from "../../../ml/evaluate/predicted-classes.ts";
import type { Evaluation } from "../../../ml/evaluate/schema.ts";
import { evaluateParametersSchema, evaluationSchema } from "../../../ml/evaluate/schema.ts";

interface Golden {
  classes: string[];
  truths: number[];
  probabilities: number[];
  groups?: string[];
  threshold?: number;
  expected: Record<string, number> & {
    confusion: number[][];
    perClass: Record<string, number | null>[];
    bins: [number | null, number | null, number][];
    prCurves: [number, number][][];
    bootstrap?: Record<string, [number, number]>;
  };
}

const goldens = JSON.parse(readFileSync(new URL("../../golden/evaluate/goldens.json", import.meta.url), "utf8")) as Record<
  "multiclass" | "binary",
  Golden
>;

const headlines = ["accuracy", "balancedAccuracy", "macroF1", "auc", "averagePrecision", "majorityBaseline"] as const;

/** Numbers as asymmetric matchers, null as it is. */
function closeTo(values: Record<string, number | null>, digits: number): object {
  const numbers = Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== null);
  return { ...values, ...Object.fromEntries(numbers.map(([name, value]) => [name, expect.closeTo(value, digits)])) };
}

function evaluate(golden: Golden, changes: Partial<Predictions> = {}): Evaluation {
  return evaluatePredictions({
    classes: golden.classes,
    truths: Int32Array.from(golden.truths),
    probabilities: Float32Array.from(golden.probabilities),
    rows: Int32Array.from(golden.truths, (_, i) => 1000 + i),
    loss: 0.25,
    seed: 7,
    parameters: evaluateParametersSchema.parse({}),
    ...(golden.groups && { groups: golden.groups }),
    ...(golden.threshold && { threshold: golden.threshold }),
    ...changes,
  });
}

test.each(["multiclass", "binary"] as const)("measures %s predictions as scikit-learn does", (kind) => {
  const golden = goldens[kind];

  const evaluation = evaluate(golden);

  expect(evaluation.confusion).toEqual(golden.expected.confusion);
  for (const name of headlines) expect(evaluation[name], name).toBeCloseTo(golden.expected[name]!, 12);
  expect(evaluation.perClass).toEqual(golden.expected.perClass.map((scores) => expect.objectContaining(closeTo(scores, 12))));
});

test.each(["multiclass", "binary"] as const)("calibrates %s predictions as numpy does on the same bins", (kind) => {
  const { expected } = goldens[kind];

  const { ece, nll, brier, bins } = evaluate(goldens[kind]).calibration;

  expect(ece).toBeCloseTo(expected["ece"]!, 6);
  expect(nll).toBeCloseTo(expected["nll"]!, 6);
  expect(brier).toBeCloseTo(expected["brier"]!, 6);
  expect(bins).toEqual(expected.bins.map(([confidence, accuracy, count]) => closeTo({ confidence, accuracy, count }, 6)));
});

test.each(["multiclass", "binary"] as const)(
  "draws precision by recall of %s predictions through scikit-learn's points",
  (kind) => {
    const golden = goldens[kind];

    const { curves } = evaluate(golden);

    for (const [code, points] of golden.expected.prCurves.entries()) {
      // Ours begins at recall 0; scikit-learn puts precision 1 there, which no threshold gives.
      const ours = curves[code]!.pr.slice(1);
      expect(ours).toEqual(points.map((point) => point.map((value) => expect.closeTo(value, 12) as number)));
    }
  },
);

test("leaves a class without samples out of the macro means and says so", () => {
  const evaluation = evaluate(goldens.multiclass);

  expect(evaluation.classesWithoutSamples).toBe(1);
  expect(evaluation.perClass[3]).toMatchObject({
    support: 0,
    recall: null,
    error: null,
    f1: null,
    auc: null,
    errorInterval: null,
  });
  expect(evaluation.curves[3]).toEqual({ class: "c3", roc: [], pr: [] });
});

test("draws groups within their class: intervals agree with an independent bootstrap within 0.015", () => {
  const evaluation = evaluate(goldens.binary);

  expect(evaluation.bootstrap).toMatchObject({ draws: 2000, grouped: true });
  for (const [name, [low, high]] of Object.entries(goldens.binary.expected.bootstrap!)) {
    expect(Math.abs(evaluation.intervals[name]![0] - low), `${name} low`).toBeLessThan(0.015);
    expect(Math.abs(evaluation.intervals[name]![1] - high), `${name} high`).toBeLessThan(0.015);
  }
});

test("gives the same evaluation for the same seed, and other intervals for another", () => {
  const again = evaluate(goldens.multiclass);
  const other = evaluate(goldens.multiclass, { seed: 8 });

  expect(again).toEqual(evaluate(goldens.multiclass));
  expect(other.intervals).not.toEqual(again.intervals);
  expect({ ...other, intervals: {}, perClass: [] }).toEqual({ ...again, intervals: {}, perClass: [] });
});

test("conforms to its schema, with curves from corner to corner of at most 200 points", () => {
  const evaluation = evaluate(goldens.binary);

  expect(evaluationSchema.parse(structuredClone(evaluation))).toEqual(evaluation);
  expect([evaluation.curves[1]!.roc.at(0), evaluation.curves[1]!.roc.at(-1)]).toEqual([
    [0, 0],
    [1, 1],
  ]);
  expect(evaluation.curves[1]!.pr.at(-1)![0]).toBe(1);
  expect(evaluation.curves[1]!.roc.length).toBeLessThanOrEqual(200);
});

test("lists the most confident mistakes first, by row of the data set", () => {
  const evaluation = evaluatePredictions({
    classes: ["a", "b", "c"],
    truths: Int32Array.of(0, 1, 2, 0),
    probabilities: Float32Array.of(0.25, 0.5, 0.25, 0, 1, 0, 0.75, 0.25, 0, 0, 0.25, 0.75),
    rows: Int32Array.of(40, 41, 42, 43),
    loss: 1,
    seed: 1,
    parameters: { ...evaluateParametersSchema.parse({ bootstrapDraws: 0 }), worstMistakes: 2 },
  });

  expect(evaluation.worstMistakes).toEqual([
    { row: 42, truth: 2, predicted: 0, probability: 0.75 },
    { row: 43, truth: 0, predicted: 2, probability: 0.75 },
  ]);
  expect(evaluation.intervals).toEqual({ accuracy: null, balancedAccuracy: null, macroF1: null, auc: null });
});

test("chooses thresholds where scikit-learn's ROC curve has them", () => {
  const { truths, probabilities, expected } = goldens.binary;
  const scores = Float32Array.from({ length: truths.length }, (_, i) => probabilities[i * 2 + 1]!);

  expect(chooseThreshold("youden", scores, Int32Array.from(truths))).toBeCloseTo(expected["youden"]!, 7);
  expect(chooseThreshold({ sensitivity: 0.9 }, scores, Int32Array.from(truths))).toBeCloseTo(expected["sensitivity90"]!, 7);
  for (const truth of [0, 1])
    expect(() => chooseThreshold("youden", scores, new Int32Array(truths.length).fill(truth))).toThrow(
      /evaluate\.threshold "youden" is found on validation images of both classes; all \d+ of the part are of one/,
    );
});

test("chooses on validation, refuses to where there is none, and stays at one half for more classes", () => {
  const { truths, probabilities, expected } = goldens.binary;
  const validation = { truths: Int32Array.from(truths), probabilities: Float32Array.from(probabilities) };

  expect(thresholdOn("youden", 2, validation)).toBeCloseTo(expected["youden"]!, 7);
  expect(thresholdOn(0.3, 2, validation)).toBe(0.3);
  expect(thresholdOn(0.3, 2, null)).toBe(0.3);
  expect(() => thresholdOn("youden", 2, null)).toThrow(
    /evaluate\.threshold "youden" is found on the validation part, and there is none/,
  );
  expect(thresholdOn("youden", 3, validation)).toBe(0.5);
});

test("answers the second of two classes from the threshold on, compared as float32", () => {
  const probabilities = Float32Array.of(0.3, 0.7, 0.31, 0.69);

  expect([...predictedClasses(probabilities, 2, 0.7)]).toEqual([1, 0]);
  expect([...predictedClasses(Float32Array.of(0.2, 0.4, 0.4), 3, 0.9)]).toEqual([1]);
});

test.each([
  ["no rows", { truths: new Int32Array(), probabilities: new Float32Array(), rows: new Int32Array() }, /the part is empty/],
  ["lengths that do not fit", { rows: Int32Array.of(1) }, /Lengths must fit 1 rows/],
  ["a row without a class", { truths: new Int32Array(300).fill(-1) }, /Row 1000 has no class: code -1/],
  ["probabilities that are not finite", { probabilities: new Float32Array(600).fill(NaN) }, /output for row 1000 is NaN/],
  ["a single class", { classes: ["a"] }, /at least two classes; received \["a"\]/],
])("refuses %s, naming it", (_, changes, message) => {
  const { groups: _groups, ...ungrouped } = goldens.binary;

  expect(() => evaluate(ungrouped, changes)).toThrow(message);
});
