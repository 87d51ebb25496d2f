import { cholesky, solveLower, solveUpper } from "../stats/cholesky.ts";

/** A function known at some points, with all that is likely between them. */
export interface GaussianProcess {
  /** [points][dimensions] */
  x: readonly (readonly number[])[];
  lengthScales: readonly number[];
  /** Lower triangle of the covariance's Cholesky factor. */
  factor: Float64Array[];
  /** Covariance⁻¹ · standardized values. */
  solved: Float64Array;
  mean: number;
  deviation: number;
  /** Of the standardized values, natural logarithm. */
  logLikelihood: number;
}

/** Variance of the noise, as a share of the values' variance. */
const noise = 1e-4;

/**
 * Gaussian process regression with a Matérn 5/2 kernel, values standardized first.
 * @see Rasmussen and Williams 2006, algorithm 2.1 and equation 4.17; scikit-learn's GaussianProcessRegressor with `normalize_y`
 */
export function fitGaussianProcess(
  x: readonly (readonly number[])[],
  values: readonly number[],
  lengthScales: readonly number[],
): GaussianProcess {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1;
  const y = Float64Array.from(values, (value) => (value - mean) / deviation);
  const factor = cholesky(
    x.map((row, i) =>
      Float64Array.from(x.slice(0, i + 1), (other, j) => matern(row, other, lengthScales) + (i === j ? noise : 0)),
    ),
  );
  const forward = solveLower(factor, y);
  const solved = solveUpper(factor, forward);
  const fit = forward.reduce((sum, value) => sum + value * value, 0);
  const logDeterminant = factor.reduce((sum, row, i) => sum + Math.log(row[i]!), 0);
  const logLikelihood = -0.5 * fit - logDeterminant - 0.5 * values.length * Math.log(2 * Math.PI);
  return { x, lengthScales, factor, solved, mean, deviation, logLikelihood };
}

/** Mean and standard deviation of the function at a point, without noise. */
export function predict(process: GaussianProcess, at: readonly number[]): { mean: number; deviation: number } {
  const { x, lengthScales, factor, solved } = process;
  const covariance = Float64Array.from(x, (row) => matern(row, at, lengthScales));
  const mean = covariance.reduce((sum, value, i) => sum + value * solved[i]!, 0);
  const explained = solveLower(factor, covariance).reduce((sum, value) => sum + value * value, 0);
  return { mean: process.mean + process.deviation * mean, deviation: process.deviation * Math.sqrt(Math.max(1 - explained, 0)) };
}

const scaleGrid = Array.from({ length: 13 }, (_, index) => 0.05 * 2 ** (index / 1.5));

/** The length scales under which the values are likeliest: one for all dimensions first, then each in turn, over a grid from 0.05 to 12.8. */
export function likeliestProcess(x: readonly (readonly number[])[], values: readonly number[]): GaussianProcess {
  const dimensions = x[0]!.length;
  let best = fitGaussianProcess(x, values, Array<number>(dimensions).fill(1));
  const consider = (lengthScales: readonly number[]) => {
    const process = fitGaussianProcess(x, values, lengthScales);
    if (process.logLikelihood > best.logLikelihood) best = process;
  };
  for (const scale of scaleGrid) consider(Array<number>(dimensions).fill(scale));
  for (let round = 0; round < 2 && dimensions > 1; round++)
    for (let dimension = 0; dimension < dimensions; dimension++)
      for (const scale of scaleGrid) consider(best.lengthScales.with(dimension, scale));
  return best;
}

/** Covariance by distance: 1 at the same point, falling with it. */
function matern(a: readonly number[], b: readonly number[], lengthScales: readonly number[]): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += ((a[i]! - b[i]!) / lengthScales[i]!) ** 2;
  const distance = Math.sqrt(5 * squares);
  return (1 + distance + (distance * distance) / 3) * Math.exp(-distance);
}
