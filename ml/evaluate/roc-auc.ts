import type { Ranking } from "./ranking.ts";
import { thinCurve } from "./ranking.ts";

/**
 * Area under the ROC curve: the chance that a row of the class scores above one of the rest, ties counted half (midranks).
 *
 * @param weights how often each row counts, by position in the part; each once where absent
 * @returns null where there is no row of the class, or nothing but the class
 * @see Hanley and McNeil 1982, "The meaning and use of the area under a receiver operating characteristic (ROC) curve"
 */
export function rocAuc(ranking: Ranking, weights = new Int32Array(ranking.order.length).fill(1)): number | null {
  const { order, positive, tieEnd } = ranking;
  let [above, tiedPositives, tiedNegatives, negatives, area] = [0, 0, 0, 0, 0];
  for (let rank = 0; rank < order.length; rank++) {
    const weight = weights[order[rank]!]!;
    // Without a branch on the class, which no processor can foresee: this is the bootstrap's inner loop.
    const positiveWeight = weight & -positive[rank]!;
    tiedPositives += positiveWeight;
    tiedNegatives += weight - positiveWeight;
    if (tieEnd[rank] === 1) {
      area += tiedNegatives * (above + tiedPositives / 2);
      above += tiedPositives;
      negatives += tiedNegatives;
      tiedPositives = 0;
      tiedNegatives = 0;
    }
  }
  return above === 0 || negatives === 0 ? null : area / (above * negatives);
}

/**
 * Points (false positive rate, true positive rate) from (0, 0) to (1, 1), one a distinct score, thinned to `limit`.
 * Empty where there is no row of the class, or nothing but the class.
 */
export function rocCurve(ranking: Ranking, limit = 200): [number, number][] {
  const positives = ranking.positiveCount;
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
