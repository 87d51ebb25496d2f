import type { Random } from "../random.ts";

/** What a leaf answers, and the part of the space it answers for. */
export interface Leaf {
  value: number;
  /** Of each feature: from and to, where it is a number; the categories that lead here, where it is one of some. */
  region: readonly Region[];
}

export type Region = { from: number; to: number } | { categories: readonly number[] };

/** Rows of features; a category is its index. */
export interface Rows {
  x: readonly (readonly number[])[];
  y: readonly number[];
}

/**
 * The leaves of a regression tree grown to the end on a bootstrap sample: each split lessens the squared error most, numbers at the middle
 * between two neighbors, categories one against the others.
 * @see Breiman 2001, "Random Forests"; scikit-learn's RandomForestRegressor with its defaults
 */
export function growTree({ x, y }: Rows, space: readonly Region[], random: Random): Leaf[] {
  const sample = Array.from(y, () => Math.floor(random() * y.length));
  return grow(sample, { x, y }, space);
}

function grow(rows: readonly number[], data: Rows, region: readonly Region[]): Leaf[] {
  const split = bestSplit(rows, data, region);
  if (split === null) return [{ value: mean(rows, data.y), region }];
  const { feature, goesLeft, left, right } = split;
  return [
    ...grow(rows.filter(goesLeft), data, region.with(feature, left)),
    ...grow(
      rows.filter((row) => !goesLeft(row)),
      data,
      region.with(feature, right),
    ),
  ];
}

interface Split {
  feature: number;
  goesLeft: (row: number) => boolean;
  left: Region;
  right: Region;
}

function bestSplit(rows: readonly number[], { x, y }: Rows, region: readonly Region[]): Split | null {
  let best: { gain: number; make: () => Split } | null = null;
  const total = rows.reduce((sum, row) => sum + y[row]!, 0);
  const base = total ** 2 / rows.length;
  const consider = (leftSum: number, leftCount: number, make: () => Split) => {
    const rightCount = rows.length - leftCount;
    if (leftCount === 0 || rightCount === 0) return;
    const gain = leftSum ** 2 / leftCount + (total - leftSum) ** 2 / rightCount - base;
    if (gain > 1e-12 * (1 + Math.abs(base)) && (best === null || gain > best.gain)) best = { gain, make };
  };
  for (const [feature, part] of region.entries()) {
    if ("categories" in part) splitCategories(feature, part.categories, { rows, x, y }, consider);
    else splitNumbers(feature, part, { rows, x, y }, consider);
  }
  return (best as { make: () => Split } | null)?.make() ?? null;
}

type Consider = (leftSum: number, leftCount: number, make: () => Split) => void;
type Sample = Rows & { rows: readonly number[] };

function splitNumbers(
  feature: number,
  { from, to }: { from: number; to: number },
  { rows, x, y }: Sample,
  consider: Consider,
): void {
  const sorted = rows.toSorted((a, b) => x[a]![feature]! - x[b]![feature]!);
  let sum = 0;
  for (let i = 0; i + 1 < sorted.length; i++) {
    sum += y[sorted[i]!]!;
    const [value, next] = [x[sorted[i]!]![feature]!, x[sorted[i + 1]!]![feature]!];
    if (value === next) continue;
    const threshold = (value + next) / 2;
    const goesLeft = (row: number) => x[row]![feature]! <= threshold;
    consider(sum, i + 1, () => ({ feature, goesLeft, left: { from, to: threshold }, right: { from: threshold, to } }));
  }
}

function splitCategories(feature: number, categories: readonly number[], { rows, x, y }: Sample, consider: Consider): void {
  if (categories.length < 2) return;
  for (const category of categories) {
    const goesLeft = (row: number) => x[row]![feature] === category;
    const own = rows.filter(goesLeft);
    const sum = own.reduce((total, row) => total + y[row]!, 0);
    const others = categories.filter((other) => other !== category);
    consider(sum, own.length, () => ({ feature, goesLeft, left: { categories: [category] }, right: { categories: others } }));
  }
}

function mean(rows: readonly number[], y: readonly number[]): number {
  return rows.reduce((sum, row) => sum + y[row]!, 0) / rows.length;
}
