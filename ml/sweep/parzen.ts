import { normalDensity, normalMass } from "../stats/normal.ts";
import type { Random } from "../random.ts";
import type { Json } from "./schema.ts";
import type { Scale } from "./space.ts";
import { indexOfChoice, valueAt, valueCount, valueFromUnit } from "./space.ts";

/** A mixture of one kernel an observation and one for what was known before. */
export interface ParzenEstimator {
  weights: number[];
  kernels: Kernels;
}

type Kernels =
  /** Probability of each value, by kernel. */
  | { kind: "choice"; probabilities: number[][] }
  /** Normal distributions cut off at both ends, with their masses between, on the scale's own axis; values are bins of `step` where that is more than 0. */
  | { kind: "normal"; means: number[]; deviations: number[]; masses: number[]; axis: Axis };

/** Where numbers lie for the kernels: their logarithms, where the scale is one of them. */
interface Axis {
  low: number;
  high: number;
  log: boolean;
  /** Width of a value's bin before the logarithm; 0 for intervals. */
  step: number;
}

/**
 * The estimator of TPE for one key, as Optuna has it: deviations reach to the farther neighbor, and are no less than the range / min(100, n + 2).
 *
 * @param values in the order they were tried; those before the newest 25 count less and less
 * @see Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization", section 4; Optuna's `_ParzenEstimator`
 */
export function parzenEstimator(scale: Scale, values: readonly Json[]): ParzenEstimator {
  const all = values.length === 0 ? [1] : [...ageWeights(values.length), 1];
  const total = all.reduce((sum, weight) => sum + weight, 0);
  const weights = all.map((weight) => weight / total);
  if (scale.kind === "choice") return { weights, kernels: choiceKernels(scale, values) };
  return { weights, kernels: normalKernels(axisOf(scale), values.map(Number)) };
}

function ageWeights(count: number): number[] {
  const old = count - 25;
  return Array.from({ length: count }, (_, index) => {
    if (count < 25 || index >= old) return 1;
    return old === 1 ? 1 / count : 1 / count + ((1 - 1 / count) * index) / (old - 1);
  });
}

function choiceKernels(scale: Extract<Scale, { kind: "choice" }>, values: readonly Json[]): Kernels {
  const count = scale.values.length;
  const prior = Array<number>(count).fill(1 / count);
  if (values.length === 0) return { kind: "choice", probabilities: [prior] };
  const smoothing = 1 / (values.length + 1);
  const total = 1 + count * smoothing;
  const probabilities = values.map((value) => {
    const observed = indexOfChoice(scale.values, value);
    return Array.from({ length: count }, (_, index) => (smoothing + (index === observed ? 1 : 0)) / total);
  });
  return { kind: "choice", probabilities: [...probabilities, prior] };
}

function normalKernels(axis: Axis, values: readonly number[]): Kernels {
  const { low, high } = axis;
  const means = values.map((value) => (axis.log ? Math.log(value) : value));
  const order = means.map((_, index) => index).toSorted((a, b) => means[a]! - means[b]!);
  const narrowest = (high - low) / Math.min(100, 1 + means.length + 1);
  const deviations = Array<number>(means.length).fill(0);
  for (const [place, index] of order.entries()) {
    const [mean, left, right] = [means[index]!, order[place - 1], order[place + 1]];
    let reach = Math.max(mean - (left === undefined ? low : means[left]!), (right === undefined ? high : means[right]!) - mean);
    // An end's distance counts only where there is but one observation.
    if (means.length > 1 && left === undefined) reach = means[right!]! - mean;
    if (means.length > 1 && right === undefined) reach = mean - means[left!]!;
    deviations[index] = Math.min(Math.max(reach, narrowest), high - low);
  }
  means.push((low + high) / 2);
  deviations.push(high - low);
  const masses = means.map((mean, index) => normalMass((low - mean) / deviations[index]!, (high - mean) / deviations[index]!));
  return { kind: "normal", means, deviations, masses, axis };
}

function axisOf(scale: Exclude<Scale, { kind: "choice" }>): Axis {
  if (scale.kind === "steps") {
    const { low, step, count } = scale;
    return { low: low - step / 2, high: low + (count - 1) * step + step / 2, log: false, step };
  }
  if (scale.kind === "logInt") return { low: Math.log(scale.low - 0.5), high: Math.log(scale.high + 0.5), log: true, step: 1 };
  const { low, high, log } = scale;
  return log ? { low: Math.log(low), high: Math.log(high), log, step: 0 } : { low, high, log, step: 0 };
}

/** Logarithm of the density of a value (of the probability, where values are counted), up to a constant of the scale. */
export function logDensity({ weights, kernels }: ParzenEstimator, scale: Scale, value: Json): number {
  let sum = 0;
  for (const [index, weight] of weights.entries()) sum += weight * kernelDensity(kernels, index, scale, value);
  return Math.log(Math.max(sum, Number.MIN_VALUE));
}

function kernelDensity(kernels: Kernels, index: number, scale: Scale, value: Json): number {
  if (kernels.kind === "choice")
    return kernels.probabilities[index]![scale.kind === "choice" ? indexOfChoice(scale.values, value) : 0]!;
  const { means, deviations, masses, axis } = kernels;
  const at = (x: number) => (x - means[index]!) / deviations[index]!;
  const on = (x: number) => at(axis.log ? Math.log(x) : x);
  const number = Number(value);
  if (axis.step > 0) return normalMass(on(number - axis.step / 2), on(number + axis.step / 2)) / masses[index]!;
  return normalDensity(on(number)) / deviations[index]! / masses[index]!;
}

/** Draws a value. */
export function drawFrom({ weights, kernels }: ParzenEstimator, scale: Scale, random: Random): Json {
  const index = pick(weights, random());
  if (kernels.kind === "choice")
    return valueAt(scale as Extract<Scale, { kind: "choice" }>, pick(kernels.probabilities[index]!, random())); // of the same scale
  const { axis, means, deviations } = kernels;
  const x = truncatedNormal({ mean: means[index]!, deviation: deviations[index]!, low: axis.low, high: axis.high }, random);
  const number = axis.log ? Math.exp(x) : x;
  if (scale.kind === "float") return Math.min(Math.max(number, scale.low), scale.high);
  const place = Math.round((number - (scale.kind === "choice" ? 0 : scale.low)) / axis.step);
  return valueAt(scale, Math.min(Math.max(place, 0), valueCount(scale) - 1));
}

function pick(probabilities: readonly number[], unit: number): number {
  let sum = 0;
  for (const [index, probability] of probabilities.entries()) {
    sum += probability;
    if (unit < sum) return index;
  }
  return probabilities.length - 1;
}

/** By rejection: means lie within the range, which is no narrower than the deviation, so that at least a third is kept. */
function truncatedNormal(
  { mean, deviation, low, high }: Record<"mean" | "deviation" | "low" | "high", number>,
  random: Random,
): number {
  for (let draw = 0; draw < 100; draw++) {
    const x = mean + deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    if (x >= low && x <= high) return x;
  }
  return Number(valueFromUnit({ kind: "float", low, high, log: false }, random()));
}
