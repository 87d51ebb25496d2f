import { quantile } from "../stats/quantile.ts";
import type { Random } from "../random.ts";
import { countScores, meanPresent } from "./precision-recall.ts";
import type { Ranking } from "./ranking.ts";
import { rocAuc } from "./roc-auc.ts";

export type Interval = [number, number] | null;

export interface BootstrapIntervals {
  metrics: Record<"accuracy" | "balancedAccuracy" | "macroF1" | "auc", Interval>;
  /** Of each class' error, by code. */
  errors: Interval[];
}

export interface BootstrapTask {
  truths: Int32Array;
  predictions: Int32Array;
  classCount: number;
  /** Rankings whose mean area is `auc`: all classes, or the positive one of two. */
  rankings: readonly Ranking[];
  /** What is drawn as one; each row by itself where absent. Shape [rows]. */
  groups: readonly string[] | null;
  draws: number;
  random: Random;
}

/** Row visits the area under the curve may cost in all; beyond, it is drawn less often (some seconds at most). */
const rankingVisits = 4e9;

/**
 * 95 % percentile intervals from draws with replacement: of groups (patients, lesions), since rows of one group are not independent, and
 * within each class, so that every draw has the classes' sizes. A group with rows of several classes belongs to its most frequent one.
 * Null where a metric cannot be measured, or without draws. Equal inputs and stream give equal intervals.
 *
 * @see Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13; Field and Welsh 2007, "Bootstrapping clustered data"
 */
export function bootstrapIntervals(task: BootstrapTask): BootstrapIntervals {
  const { truths, predictions, classCount, rankings, draws, random } = task;
  const rowCount = truths.length;
  const { unitOfRow, strata } = drawnUnits(truths, classCount, task.groups);
  const unitWeights = new Int32Array(unitCount(strata));
  const rowWeights = task.groups === null ? unitWeights : new Int32Array(rowCount);
  const cells = Int32Array.from(truths, (truth, row) => truth * classCount + predictions[row]!);
  const samples = emptySamples(classCount);
  const scratch = new Int32Array(rowCount + 1);
  const aucDraws = Math.min(draws, Math.max(200, Math.floor(rankingVisits / Math.max(1, rankings.length * rowCount))));

  for (let draw = 0; draw < draws; draw++) {
    drawUnits(strata, unitWeights, random);
    if (rowWeights !== unitWeights) for (let row = 0; row < rowCount; row++) rowWeights[row] = unitWeights[unitOfRow[row]!]!;
    addCountMetrics(samples, weightedConfusion(cells, rowWeights, classCount));
    if (draw < aucDraws) keep(samples.auc, meanPresent(rankings.map((ranking) => rocAuc(ranking, rowWeights, scratch))));
  }

  const { errors, ...metrics } = samples;
  const intervals = Object.entries(metrics).map(([name, values]) => [name, percentiles(values)]);
  return {
    metrics: Object.fromEntries(intervals) as BootstrapIntervals["metrics"],
    errors: errors.map(percentiles),
  };
}

/** Units are numbered from 0; a row without groups is its own unit, so that weights of units are weights of rows. */
export function drawnUnits(truths: Int32Array, classCount: number, groups: readonly string[] | null) {
  const unitOfRow = new Int32Array(truths.length);
  const numbers = new Map<string, number>();
  for (let row = 0; row < truths.length; row++) unitOfRow[row] = groups === null ? row : numberOf(groups[row]!, row, numbers);
  const units = groups === null ? truths.length : numbers.size;
  const counts = new Int32Array(units * classCount);
  for (let row = 0; row < truths.length; row++) counts[unitOfRow[row]! * classCount + truths[row]!]! += 1;
  const strata: number[][] = Array.from({ length: classCount }, () => []);
  for (let unit = 0; unit < units; unit++) strata[mostFrequent(counts, unit * classCount, classCount)]!.push(unit);
  return { unitOfRow, strata: strata.map((unitsOfClass) => Int32Array.from(unitsOfClass)) };
}

/** A row without a group ("") stands for itself. */
function numberOf(group: string, row: number, numbers: Map<string, number>): number {
  const key = group === "" ? `\u0000${row}` : group;
  const known = numbers.get(key);
  if (known !== undefined) return known;
  numbers.set(key, numbers.size);
  return numbers.size - 1;
}

function mostFrequent(counts: Int32Array, start: number, length: number): number {
  let best = 0;
  for (let code = 1; code < length; code++) if (counts[start + code]! > counts[start + best]!) best = code;
  return best;
}

export function unitCount(strata: readonly Int32Array[]): number {
  return strata.reduce((total, units) => total + units.length, 0);
}

export function drawUnits(strata: readonly Int32Array[], weights: Int32Array, random: Random): void {
  weights.fill(0);
  for (const units of strata) {
    for (let i = 0; i < units.length; i++) weights[units[Math.floor(random() * units.length)]!]! += 1;
  }
}

function weightedConfusion(cells: Int32Array, weights: Int32Array, classCount: number): number[][] {
  const flat = new Float64Array(classCount * classCount);
  for (let row = 0; row < cells.length; row++) flat[cells[row]!]! += weights[row]!;
  return Array.from({ length: classCount }, (_, truth) =>
    Array.from(flat.subarray(truth * classCount, (truth + 1) * classCount)),
  );
}

function emptySamples(classCount: number) {
  return {
    accuracy: [] as number[],
    balancedAccuracy: [] as number[],
    macroF1: [] as number[],
    auc: [] as number[],
    errors: Array.from({ length: classCount }, (): number[] => []),
  };
}

function addCountMetrics(samples: ReturnType<typeof emptySamples>, confusion: number[][]): void {
  const scores = countScores(confusion);
  const rows = scores.reduce((total, score) => total + score.support, 0);
  samples.accuracy.push(confusion.reduce((total, row, code) => total + row[code]!, 0) / rows);
  keep(samples.balancedAccuracy, meanPresent(scores.map((score) => score.recall)));
  keep(samples.macroF1, meanPresent(scores.map((score) => score.f1)));
  for (const [code, { error }] of scores.entries()) keep(samples.errors[code]!, error);
}

function keep(values: number[], value: number | null): void {
  if (value !== null) values.push(value);
}

function percentiles(values: readonly number[]): Interval {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
}
