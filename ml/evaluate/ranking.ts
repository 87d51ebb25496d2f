/** Rows of one class-versus-rest question, sorted by score, highest first; ties stand together. */
export interface Ranking {
  /** Positions of the rows in the part; shape [rows]. */
  order: Int32Array;
  /** 1 where the row at that rank belongs to the class; shape [rows]. */
  positive: Uint8Array;
  /** 1 where the next rank has a lower score, and at the last: a threshold can only be put there. Shape [rows]. */
  tieEnd: Uint8Array;
  /** Ranks of the rows of the class, and for each where its tie starts and where it ends (exclusive); shape [rows of the class]. */
  positiveRanks: Int32Array;
  tieStarts: Int32Array;
  tieEnds: Int32Array;
}

/**
 * Ranks rows by the score of one class.
 *
 * @param probabilities shape [rows, classes], row-major
 * @param truths class code of each row; shape [rows]
 */
export function rankByScore(probabilities: Float32Array, truths: Int32Array, classCount: number, code: number): Ranking {
  const rowCount = truths.length;
  const scores = new Float32Array(rowCount);
  for (let i = 0; i < rowCount; i++) scores[i] = probabilities[i * classCount + code]!;
  const order = Int32Array.from({ length: rowCount }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const positive = new Uint8Array(rowCount);
  const tieEnd = new Uint8Array(rowCount);
  for (let rank = 0; rank < rowCount; rank++) {
    positive[rank] = truths[order[rank]!] === code ? 1 : 0;
    tieEnd[rank] = rank + 1 === rowCount || scores[order[rank + 1]!]! < scores[order[rank]!]! ? 1 : 0;
  }
  return { order, positive, tieEnd, ...positiveTies(positive, tieEnd) };
}

function positiveTies(positive: Uint8Array, tieEnd: Uint8Array): Pick<Ranking, "positiveRanks" | "tieStarts" | "tieEnds"> {
  const [ranks, starts, ends]: [number[], number[], number[]] = [[], [], []];
  let start = 0;
  for (let rank = 0; rank < positive.length; rank++) {
    if (positive[rank] === 1) {
      ranks.push(rank);
      starts.push(start);
    }
    if (tieEnd[rank] === 1) {
      while (ends.length < ranks.length) ends.push(rank + 1);
      start = rank + 1;
    }
  }
  return { positiveRanks: Int32Array.from(ranks), tieStarts: Int32Array.from(starts), tieEnds: Int32Array.from(ends) };
}

/** A curve's points by how far along it they lie: at most `limit` of them, ends included, corners of short stretches may go. */
export function thinCurve(points: readonly [number, number][], limit: number): [number, number][] {
  if (points.length <= limit) return [...points];
  const along = new Float64Array(points.length);
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1]!, points[i]!];
    along[i] = along[i - 1]! + Math.abs(x1 - x0) + Math.abs(y1 - y0);
  }
  const step = along[along.length - 1]! / (limit - 1);
  const kept: [number, number][] = [points[0]!];
  for (let i = 1; i < points.length - 1 && kept.length < limit - 1; i++) {
    if (along[i]! >= kept.length * step) kept.push(points[i]!);
  }
  kept.push(points[points.length - 1]!);
  return kept;
}
