import { expect, test } from "vitest";

import { randomStream } from "../../../ml/random.ts";
import { decidePromotion, pairedDifference } from "../../../ml/register/promotion.ts";

const truth = Int32Array.from({ length: 400 }, (_, i) => i % 2);
const wrongAt = (rows: (row: number) => boolean) => truth.map((label, row) => (rows(row) ? 1 - label : label));
const random = () => randomStream(1, "test");

test("promotes an equal model under nonInferior, and not under superior", () => {
  const answers = { truth, challenger: wrongAt((row) => row < 20), champion: wrongAt((row) => row < 20) };

  expect(decidePromotion(answers, { gate: "nonInferior", margin: 0.02 }, random()).promote).toBe(true);
  expect(decidePromotion(answers, { gate: "superior", margin: 0.02 }, random()).promote).toBe(false);
});

test("promotes a clearly better model under superior", () => {
  const answers = { truth, challenger: truth, champion: wrongAt((row) => row < 100) };

  const decision = decidePromotion(answers, { gate: "superior", margin: 0.02 }, random());

  expect(decision.promote).toBe(true);
  expect(decision.difference?.value).toBeCloseTo(0.25);
});

test("refuses a clearly worse model, with the numbers in its reason", () => {
  const answers = { truth, challenger: wrongAt((row) => row < 100), champion: truth };

  const { promote, reason } = decidePromotion(answers, { gate: "nonInferior", margin: 0.02 }, random());

  expect(promote).toBe(false);
  expect(reason).toMatch(/differs by −0\.2500 \(95 % interval −0\.2\d+ to −0\.2\d+\), its lower bound is not above -0\.02/);
});

test("gives an interval as wide as the normal approximation says", () => {
  const answers = { truth, challenger: wrongAt((row) => row % 10 === 0), champion: wrongAt((row) => row % 10 === 5) };

  const { low, high } = pairedDifference(answers, random());

  // gains are −1 at a tenth, +1 at a tenth of the rows (one class each): variance 0.18 within each class, standard error sqrt(0.16 / 400)
  expect(high - low).toBeGreaterThan(2 * 1.96 * 0.018);
  expect(high - low).toBeLessThan(2 * 1.96 * 0.024);
});
