import { InvalidConfiguration } from "../errors.ts";
import type { Logits } from "./correct-logits.ts";
import type { EvaluateParameters, LogitCorrection } from "./schema.ts";

/** Answers to the validation part. */
export interface LabeledLogits extends Logits {
  /** Class code of each row; shape [rows]. */
  truths: Int32Array;
}

export interface CorrectionTask {
  method: EvaluateParameters["calibration"];
  /** Null where there is no validation part. */
  validation: LabeledLogits | null;
  /** By class code: rows of the training part, and how much each counted in the loss. */
  trained: { counts: readonly number[]; weights: readonly number[] };
}

/**
 * What corrects a network's logits, by its answers to the validation part. Choose on validation, never on test.
 * @throws {InvalidConfiguration} where something is to be fitted and there is no validation part
 */
export function fitCorrection({ method, validation, trained }: CorrectionTask): LogitCorrection | undefined {
  if (method === "none") return undefined;
  if (validation === null) {
    throw new InvalidConfiguration(
      `evaluate.calibration ${method} is fitted on the validation part, and there is none: give split.validation a share, or leave calibration out`,
    );
  }
  const classCount = trained.counts.length;
  if (method === "temperature") {
    return { method, temperature: fitTemperature(validation), offsets: Array.from({ length: classCount }, () => 0) };
  }
  const counts = Array.from({ length: classCount }, () => 0);
  for (const truth of validation.truths) counts[truth]! += 1;
  return { method, temperature: 1, offsets: priorOffsets(trained, counts) };
}

/**
 * Log ratio of the class shares that probabilities are to hold for to those that the loss saw: a network learns posteriors of the latter, class
 * weights included. One is added to every count, so that a class which a part lacks keeps a finite place; one of weight 0, of which nothing was learned, keeps its logit.
 *
 * @param prevalence rows of each class where the probabilities are to hold
 * @returns by class code
 * @see Elkan 2001, "The Foundations of Cost-Sensitive Learning", theorem 2; Saerens et al. 2002, "Adjusting the Outputs of a Classifier to New
 * a Priori Probabilities", equation 2.4
 */
export function priorOffsets({ counts, weights }: CorrectionTask["trained"], prevalence: readonly number[]): number[] {
  const trained = shares(counts.map((count, code) => (count + 1) * weights[code]!));
  const wanted = shares(prevalence.map((count) => count + 1));
  return wanted.map((share, code) => (trained[code] === 0 ? 0 : Math.log(share / trained[code]!)));
}

function shares(amounts: readonly number[]): number[] {
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  return amounts.map((amount) => amount / total);
}

/** Temperatures looked at: rows that are all answered right would ask for ever lower ones. */
const [lowest, highest] = [0.05, 20];

/**
 * The temperature that makes the negative log-likelihood least, between 0.05 and 20. In 1 / temperature it is convex: Newton's steps, halved
 * into the bracket where they leave it.
 *
 * @see Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2
 */
export function fitTemperature(answers: LabeledLogits): number {
  let [low, high] = [1 / highest, 1 / lowest];
  if (likelihoodSlope(answers, low).slope >= 0) return highest;
  if (likelihoodSlope(answers, high).slope <= 0) return lowest;
  let inverse = 1;
  for (let step = 0; step < 100; step++) {
    const { slope, curvature } = likelihoodSlope(answers, inverse);
    if (slope > 0) high = inverse;
    else low = inverse;
    const newton = inverse - slope / curvature;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - inverse) <= 1e-12 * inverse) return 1 / next;
    inverse = next;
  }
  return 1 / inverse;
}

/** First and second derivative of the mean negative log-likelihood by the inverse temperature: expectation less truth, and variance. */
function likelihoodSlope({ head, logits, outputs, truths }: LabeledLogits, inverse: number) {
  let [slope, curvature] = [0, 0];
  for (const [row, truth] of truths.entries()) {
    // One logit stands for two, the first of which is 0.
    const own = head === "sigmoid" ? [0, logits[row]!] : logits.subarray(row * outputs, (row + 1) * outputs);
    let largest = -Infinity;
    for (const logit of own) largest = Math.max(largest, logit);
    let [total, first, second] = [0, 0, 0];
    for (const logit of own) {
      // Distances from the largest: no sum overflows, and expectation and variance lose no digits.
      const distance = logit - largest;
      const weight = Math.exp(inverse * distance);
      total += weight;
      first += weight * distance;
      second += weight * distance * distance;
    }
    const mean = first / total;
    slope += mean - (own[truth]! - largest);
    curvature += second / total - mean * mean;
  }
  return { slope: slope / truths.length, curvature: curvature / truths.length };
}
