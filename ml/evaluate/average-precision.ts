import type { Ranking } from "./ranking.ts";
import { thinCurve } from "./ranking.ts";

/**
 * Average precision: precision at each distinct score, weighted by the recall gained there; no interpolation, as scikit-learn.
 * @returns null where there is no row of the class
 */
export function averagePrecision(ranking: Ranking): number | null {
  const { positive, tieEnd } = ranking;
  const positiveCount = ranking.positiveRanks.length;
  if (positiveCount === 0) return null;
  let [hits, hitsBefore, area] = [0, 0, 0];
  for (let rank = 0; rank < positive.length; rank++) {
    hits += positive[rank]!;
    if (tieEnd[rank] === 1) {
      area += ((hits - hitsBefore) / positiveCount) * (hits / (rank + 1));
      hitsBefore = hits;
    }
  }
  return area;
}

/**
 * Points (recall, precision), one a distinct score, from the highest score on, thinned to `limit`; starts at recall 0 with the
 * first point's precision. Empty where there is no row of the class.
 */
export function precisionRecallCurve(ranking: Ranking, limit = 200): [number, number][] {
  if (ranking.positiveRanks.length === 0) return [];
  const points: [number, number][] = [];
  let hits = 0;
  for (let rank = 0; rank < ranking.positive.length; rank++) {
    hits += ranking.positive[rank]!;
    if (ranking.tieEnd[rank] === 1) points.push([hits / ranking.positiveRanks.length, hits / (rank + 1)]);
    if (hits === ranking.positiveRanks.length && ranking.tieEnd[rank] === 1) break;
  }
  return thinCurve([[0, points[0]![1]], ...points], limit);
}
