import type { Ranking } from "./ranking.ts";
import { thinCurve } from "./ranking.ts";

/**
 * Area under the ROC curve: the chance that a row of the class scores above one of the rest, ties counted half (midranks).
 *
 * @param weights how often each row counts, by position in the part; each once where absent
 * @param scratch rows + 1 integers to overwrite, for callers that ask thousands of times
 * @returns null where there is no row of the class, or nothing but the class
 * @see Hanley and McNeil 1982, "The meaning and use of the area under a receiver operating characteristic (ROC) curve"
 */
export function rocAuc(ranking: Ranking, weights?: Int32Array, scratch?: Int32Array): number | null {
  const { order, positiveRanks, tieStarts, tieEnds } = ranking;
  const above = weightsAbove(order, weights ?? new Int32Array(order.length).fill(1), scratch ?? new Int32Array(order.length + 1));
  let [positives, twiceAbove] = [0, 0];
  for (let i = 0; i < positiveRanks.length; i++) {
    const rank = positiveRanks[i]!;
    const weight = above[rank + 1]! - above[rank]!;
    positives += weight;
    twiceAbove += weight * (above[tieStarts[i]!]! + above[tieEnds[i]!]!);
  }
  const negatives = above[order.length]! - positives;
  if (positives === 0 || negatives === 0) return null;
  // Of what stands above the positives, they themselves are half of positives², by symmetry.
  return 1 - (twiceAbove - positives * positives) / (2 * positives * negatives);
}

/** Prefix sums: the weight of all rows ranked before. The bootstrap's inner loop, so without a branch. */
function weightsAbove(order: Int32Array, weights: Int32Array, sums: Int32Array): Int32Array {
  let total = 0;
  sums[0] = 0;
  for (let rank = 0; rank < order.length; rank++) {
    total += weights[order[rank]!]!;
    sums[rank + 1] = total;
  }
  return sums;
}

/**
 * Points (false positive rate, true positive rate) from (0, 0) to (1, 1), one a distinct score, thinned to `limit`.
 * Empty where there is no row of the class, or nothing but the class.
 */
export function rocCurve(ranking: Ranking, limit = 200): [number, number][] {
  const positives = ranking.positiveRanks.length;
  const negatives = ranking.order.length - positives;
  if (positives === 0 || negatives === 0) return [];
  const points: [number, number][] = [[0, 0]];
  let hits = 0;
  for (let rank = 0; rank < ranking.order.length; rank++) {
    hits += ranking.positive[rank]!;
    if (ranking.tieEnd[rank] === 1) points.push([(rank + 1 - hits) / negatives, hits / positives]);
  }
  return thinCurve(withoutStraights(points), limit);
}

/** Leaves out points in the middle of horizontal and vertical stretches, which add nothing to the picture. */
function withoutStraights(points: readonly [number, number][]): [number, number][] {
  return points.filter((point, i) => {
    const [before, after] = [points[i - 1], points[i + 1]];
    if (!before || !after) return true;
    const isHorizontal = before[1] === point[1] && point[1] === after[1];
    const isVertical = before[0] === point[0] && point[0] === after[0];
    return !isHorizontal && !isVertical;
  });
}
