import { randomStream } from "../random.ts";
import type { SweepRecord } from "../sweep-record/schema.ts";
import type { Leaf, Region, Rows } from "./regression-tree.ts";
import { growTree } from "./regression-tree.ts";
import type { Point, Space } from "./schema.ts";
import type { Scale } from "./space.ts";
import { indexOfChoice, scaleOf } from "./space.ts";

const trees = 64;

/**
 * How much of the objective's variance each key explains by itself (functional ANOVA over a random forest), summing to 1. Keys that some trial
 * lacks are left out, as in Optuna; nothing is known of fewer than two trials or where all have one value.
 *
 * @see Hutter, Hoos and Leyton-Brown 2014, "An Efficient Approach for Assessing Hyperparameter Importance", algorithm 2
 */
export function importances(
  space: Space,
  trials: readonly { point: Point; value: number }[],
): { key: string; importance: number }[] {
  const keys = Object.keys(space).filter((key) => trials.every(({ point }) => point[key] !== undefined));
  if (trials.length < 2 || keys.length === 0) return [];
  const scales = keys.map((key) => scaleOf(space[key]!));
  const rows: Rows = {
    x: trials.map(({ point }) => keys.map((key, index) => featureOf(scales[index]!, point[key]!))),
    y: trials.map(({ value }) => value),
  };
  const sums = keys.map(() => 0);
  for (let tree = 0; tree < trees; tree++) {
    const regions = scales.map(wholeRegion);
    const leaves = growTree(rows, regions, randomStream(0, "sweep", "importance", tree));
    for (const [feature, share] of varianceShares(leaves, regions).entries()) sums[feature]! += share;
  }
  const total = sums.reduce((sum, share) => sum + share, 0);
  if (total === 0) return [];
  return keys.map((key, index) => ({ key, importance: sums[index]! / total })).toSorted((a, b) => b.importance - a.importance);
}

function featureOf(scale: Scale, value: Point[string]): number {
  return scale.kind === "choice" ? indexOfChoice(scale.values, value) : Number(value);
}

function wholeRegion(scale: Scale): Region {
  if (scale.kind === "choice") return { categories: scale.values.map((_, index) => index) };
  if (scale.kind === "steps") return { from: scale.low, to: scale.low + (scale.count - 1) * scale.step };
  return { from: scale.low, to: scale.high };
}

/** Of each feature, the variance of the tree's mean answer over it, as a share of the tree's variance over the whole space. */
function varianceShares(leaves: readonly Leaf[], space: readonly Region[]): number[] {
  const weights = leaves.map(({ region }) =>
    region.reduce((product, part, feature) => (product * sizeOf(part)) / sizeOf(space[feature]!), 1),
  );
  const mean = leaves.reduce((sum, { value }, i) => sum + weights[i]! * value, 0);
  const variance = leaves.reduce((sum, { value }, i) => sum + weights[i]! * (value - mean) ** 2, 0);
  if (variance <= 0) return space.map(() => 0);
  return space.map((whole, feature) => {
    let sum = 0;
    for (const piece of piecesOf(leaves, whole, feature)) {
      const share = sizeOf(piece) / sizeOf(whole);
      let [answer, covered] = [0, 0];
      for (const [i, { region, value }] of leaves.entries()) {
        if (!contains(region[feature]!, piece)) continue;
        const weight = weights[i]! / (sizeOf(region[feature]!) / sizeOf(whole));
        answer += weight * value;
        covered += weight;
      }
      sum += share * (answer / covered - mean) ** 2;
    }
    return sum / variance;
  });
}

/** The pieces of a feature within which no tree's leaf ends. */
function piecesOf(leaves: readonly Leaf[], whole: Region, feature: number): Region[] {
  if ("categories" in whole) return whole.categories.map((category) => ({ categories: [category] }));
  const ends = new Set(
    leaves.flatMap(({ region }) => {
      const part = region[feature]!;
      return "categories" in part ? [] : [part.from, part.to];
    }),
  );
  const sorted = [...ends].toSorted((a, b) => a - b);
  return sorted.slice(1).map((to, index) => ({ from: sorted[index]!, to }));
}

function sizeOf(part: Region): number {
  return "categories" in part ? part.categories.length : part.to - part.from || 1;
}

function contains(outer: Region, piece: Region): boolean {
  if ("categories" in outer)
    return "categories" in piece && piece.categories.every((category) => outer.categories.includes(category));
  return "from" in piece && outer.from <= piece.from && piece.to <= outer.to;
}

/** The importances of a sweep's keys, by the trials that have a value. */
export function importancesOf({
  parameters,
  trials,
}: Pick<SweepRecord, "parameters" | "trials">): { key: string; importance: number }[] {
  const valued = trials.flatMap(({ parameters: point, value }) => (value === null ? [] : [{ point, value }]));
  return importances(parameters.space, valued);
}
