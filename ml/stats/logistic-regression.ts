import { cholesky, solveLower, solveUpper } from "./cholesky.ts";

/** A linear model over standardized features: positive scores are on the side of what was true. */
export interface LogisticRegression {
  /** Shape [features]; deviations that are 0 stand as 1. */
  mean: Float64Array;
  deviation: Float64Array;
  /** Shape [features + 1]: the bias is last. */
  weights: Float64Array;
}

const mostSteps = 100;
/** Of the cost, by which a step must be expected to lower it for another one to follow: below are rounding errors. */
const leastGain = 1e-12;
const leastShare = 1e-8;
/** On the weights, not on the bias. */
const penalty = 1;

/**
 * Logistic regression with an L2 penalty by Newton's method, steps halved where they go too far: scikit-learn's `LogisticRegression()` behind
 * a `StandardScaler`. Each step takes time in proportion to rows × features².
 *
 * @param features shape [rows][features]
 * @param truths by row; both must occur
 * @see Hastie, Tibshirani, Friedman 2009, "The Elements of Statistical Learning", section 4.4.1
 */
export function fitLogisticRegression(features: readonly Float64Array[], truths: readonly boolean[]): LogisticRegression {
  const scaler = standardize(features);
  const rows = features.map((row) =>
    Float64Array.of(...row.map((value, i) => (value - scaler.mean[i]!) / scaler.deviation[i]!), 1),
  );
  let weights: Float64Array = new Float64Array(rows[0]!.length);
  let cost = costOf(weights, rows, truths);
  for (let step = 0; step < mostSteps; step++) {
    const { change, gain } = newtonStep(weights, rows, truths);
    for (let share = 1; ; share /= 2) {
      const next = weights.map((weight, i) => weight - share * change[i]!);
      const nextCost = costOf(next, rows, truths);
      if (nextCost - cost > leastGain * cost && share > leastShare) continue;
      [weights, cost] = [next, nextCost];
      break;
    }
    if (gain <= leastGain * cost) break;
  }
  return { ...scaler, weights };
}

/** Log-odds of being true. */
export function logOdds({ mean, deviation, weights }: LogisticRegression, features: Float64Array): number {
  return features.reduce((sum, value, i) => sum + (weights[i]! * (value - mean[i]!)) / deviation[i]!, weights[features.length]!);
}

function standardize(features: readonly Float64Array[]): Pick<LogisticRegression, "mean" | "deviation"> {
  const mean = new Float64Array(features[0]!.length);
  const variance = new Float64Array(mean.length);
  for (const row of features) for (let i = 0; i < mean.length; i++) mean[i]! += row[i]! / features.length;
  for (const row of features) for (let i = 0; i < mean.length; i++) variance[i]! += (row[i]! - mean[i]!) ** 2 / features.length;
  return { mean, deviation: variance.map((value) => Math.sqrt(value) || 1) };
}

function scoreOf(weights: Float64Array, row: Float64Array): number {
  let score = 0;
  for (let i = 0; i < row.length; i++) score += weights[i]! * row[i]!;
  return score;
}

function costOf(weights: Float64Array, rows: readonly Float64Array[], truths: readonly boolean[]): number {
  const bias = weights[weights.length - 1]!;
  const loss = rows.reduce(
    (sum, row, i) => sum + softplus(truths[i] === true ? -scoreOf(weights, row) : scoreOf(weights, row)),
    0,
  );
  return loss + (penalty / 2) * (weights.reduce((sum, weight) => sum + weight ** 2, 0) - bias ** 2);
}

/** ln(1 + eˣ). */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** Inverse Hessian times gradient, and by how much that lowers the cost where it is the parabola it is taken for. */
function newtonStep(
  weights: Float64Array,
  rows: readonly Float64Array[],
  truths: readonly boolean[],
): { change: Float64Array; gain: number } {
  const size = weights.length;
  const isBias = (i: number) => i === size - 1;
  const gradient = weights.map((weight, i) => (isBias(i) ? 0 : penalty * weight));
  const hessian = Array.from({ length: size }, (_, i) => {
    const row = new Float64Array(i + 1);
    row[i] = isBias(i) ? 0 : penalty;
    return row;
  });
  for (const [at, row] of rows.entries()) {
    const chance = 1 / (1 + Math.exp(-scoreOf(weights, row)));
    const [error, spread] = [chance - (truths[at] === true ? 1 : 0), chance * (1 - chance)];
    for (let i = 0; i < size; i++) {
      gradient[i]! += error * row[i]!;
      const [line, scaled] = [hessian[i]!, spread * row[i]!];
      for (let j = 0; j <= i; j++) line[j]! += scaled * row[j]!;
    }
  }
  const factor = cholesky(hessian);
  const change = solveUpper(factor, solveLower(factor, gradient));
  return { change, gain: change.reduce((sum, value, i) => sum + value * gradient[i]!, 0) / 2 };
}
