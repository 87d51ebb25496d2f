/**
 * When a number counts as reproduced although its bits differ: `|found − expected| ≤ absolute + relative · |expected|`. It is far below
 * what another seed changes, and above what another order of the same float32 sums does.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.allclose.html
 */
export interface Tolerance {
  absolute: number;
  relative: number;
}

export const standardTolerance: Tolerance = { absolute: 1e-5, relative: 1e-3 };

/** The value that lies furthest from what was expected. */
export interface WorstValue {
  /** Its name within the output: a key, a column and row, a tensor and index. */
  where: string;
  expected: unknown;
  found: unknown;
  /** Null for what is no number. */
  difference: number | null;
  /** Of what the tolerance allows there: up to 1 is within it. Null for what is no number. */
  share: number | null;
}

/** How values that belong together compare: how many differ at all, and the worst of them. */
export interface Comparison {
  values: number;
  differing: number;
  worst: WorstValue | null;
}

/** Compares two arrays of one length, number by number; two NaNs are equal. */
export function compareNumbers(
  expected: ArrayLike<number>,
  found: ArrayLike<number>,
  nameOf: (index: number) => string,
  tolerance = standardTolerance,
): Comparison {
  let differing = 0;
  let worstIndex = -1;
  let worstShare = -1;
  for (let i = 0; i < expected.length; i++) {
    const [left, right] = [expected[i]!, found[i]!];
    if (Object.is(left, right) || left === right) continue;
    differing++;
    const share = shareOf(left, right, tolerance);
    if (share > worstShare) [worstIndex, worstShare] = [i, share];
  }
  return {
    values: expected.length,
    differing,
    worst: worstIndex < 0 ? null : worstOf(nameOf(worstIndex), expected[worstIndex]!, found[worstIndex]!, worstShare),
  };
}

/** Compares what has a name: numbers by the tolerance, everything else exactly; what only one side has differs. */
export function compareLeaves(
  expected: ReadonlyMap<string, unknown>,
  found: ReadonlyMap<string, unknown>,
  tolerance = standardTolerance,
): Comparison {
  const names = [...new Set([...expected.keys(), ...found.keys()])];
  const comparisons = names.map((where): Comparison => {
    const [left, right] = [expected.get(where), found.get(where)];
    if (typeof left === "number" && typeof right === "number") return compareNumbers([left], [right], () => where, tolerance);
    const isSame = left === right;
    const worst = { where, expected: orAbsent(left), found: orAbsent(right), difference: null, share: null };
    return { values: 1, differing: isSame ? 0 : 1, worst: isSame ? null : worst };
  });
  return mergeComparisons(comparisons);
}

/** In words, to tell what is not there from what is null. */
function orAbsent(value: unknown): unknown {
  return value === undefined ? "(not there)" : value;
}

export function mergeComparisons(comparisons: readonly Comparison[]): Comparison {
  let merged: Comparison = { values: 0, differing: 0, worst: null };
  for (const { values, differing, worst } of comparisons) {
    merged = {
      values: merged.values + values,
      differing: merged.differing + differing,
      worst: worst && (!merged.worst || badness(worst) > badness(merged.worst)) ? worst : merged.worst,
    };
  }
  return merged;
}

export function isWithin({ worst }: Comparison): boolean {
  return worst === null || (worst.share !== null && worst.share <= 1);
}

function badness({ share }: WorstValue): number {
  return share ?? Number.POSITIVE_INFINITY;
}

/** A value that is not finite where the other one is lies infinitely far away. */
function shareOf(expected: number, found: number, { absolute, relative }: Tolerance): number {
  const distance = Math.abs(found - expected);
  return Number.isFinite(distance) ? distance / (absolute + relative * Math.abs(expected)) : Number.POSITIVE_INFINITY;
}

function worstOf(where: string, expected: number, found: number, share: number): WorstValue {
  const isFinite = Number.isFinite(share);
  return { where, expected, found, difference: isFinite ? Math.abs(found - expected) : null, share: isFinite ? share : null };
}
