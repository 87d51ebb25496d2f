import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { calibration } from "../../../ml/evaluate/calibration.ts";
import { correctLogits } from "../../../ml/evaluate/correct-logits.ts";
import type { LabeledLogits } from "../../../ml/evaluate/fit-correction.ts";
import { fitCorrection, fitTemperature, priorOffsets } from "../../../ml/evaluate/fit-correction.ts";
import type { LogitCorrection } from "../../../ml/evaluate/schema.ts";
import { probabilitiesOf } from "../../../ml/model/probabilities.ts";

interface Golden {
  outputs: number;
  logits: number[];
  truths: number[];
  temperature: number;
  before: number;
  after: number;
  prior: { counts: number[]; weights: number[]; prevalence: number[]; probabilities: number[] };
}

const heads = ["softmax", "sigmoid"] as const;
const goldens = JSON.parse(readFileSync(new URL("../../golden/evaluate/correction.json", import.meta.url), "utf8")) as Record<
  (typeof heads)[number],
  Golden
>;

function answersOf(head: (typeof heads)[number]): LabeledLogits {
  const { logits, outputs, truths } = goldens[head];
  return { head, outputs, logits: Float32Array.from(logits), truths: Int32Array.from(truths) };
}

function corrected(answers: LabeledLogits, correction: LogitCorrection | undefined): Float32Array {
  return probabilitiesOf(answers.head, correctLogits(answers, correction), answers.outputs);
}

function fit(answers: LabeledLogits, method: "temperature" | "prior") {
  const { counts, weights } = goldens[answers.head].prior;
  return fitCorrection({ method, validation: answers, trained: { counts, weights } });
}

describe.each(heads)("of %s logits", (head) => {
  const golden = goldens[head];
  const answers = answersOf(head);
  const classCount = golden.prior.counts.length;

  test("the temperature is that of least log loss, as SciPy finds it", () => {
    const correction = fit(answers, "temperature");

    expect(correction?.temperature).toBeCloseTo(golden.temperature, 6);
    expect(calibration(corrected(answers, undefined), answers.truths, classCount).nll).toBeCloseTo(golden.before, 6);
    expect(calibration(corrected(answers, correction), answers.truths, classCount).nll).toBeCloseTo(golden.after, 6);
  });

  test("other class shares change probabilities by Elkan's theorem", () => {
    const probabilities = corrected(answers, fit(answers, "prior"));

    for (const [i, expected] of golden.prior.probabilities.entries()) expect(probabilities[i]).toBeCloseTo(expected, 6);
  });
});

test("answers that are all right or all wrong stop at the ends of what is looked at", () => {
  const right: LabeledLogits = {
    head: "softmax",
    outputs: 2,
    logits: Float32Array.of(3, 0, 0, 2),
    truths: Int32Array.of(0, 1),
  };

  expect(fitTemperature(right)).toBe(0.05);
  expect(fitTemperature({ ...right, truths: Int32Array.of(1, 0) })).toBe(20);
  expect(fitTemperature({ ...right, head: "sigmoid", outputs: 1, logits: Float32Array.of(-900, 900) })).toBe(0.05);
});

test("classes that a part lacks keep a finite place, and one that counted nothing in training its logit", () => {
  const offsets = priorOffsets({ counts: [9, 0, 9], weights: [1, 1, 0] }, [0, 9, 9]);

  expect(offsets[0]).toBeCloseTo(Math.log(1 / 21 / (10 / 11)), 12);
  expect(offsets[1]).toBeCloseTo(Math.log(10 / 21 / (1 / 11)), 12);
  expect(offsets[2]).toBe(0);
});

test("nothing is corrected where nothing is asked for, and without a validation part there is nothing to fit on", () => {
  const trained = { counts: [1, 1], weights: [1, 1] };
  const answers = answersOf("sigmoid");

  expect(fitCorrection({ method: "none", validation: null, trained })).toBeUndefined();
  expect(correctLogits(answers, undefined)).toBe(answers.logits);
  expect(() => fitCorrection({ method: "temperature", validation: null, trained })).toThrow(
    /evaluate\.calibration temperature is fitted on the validation part, and there is none: give split\.validation a share/,
  );
});
