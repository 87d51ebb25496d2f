/** Rows with the probabilities of a model that never saw them. */
export interface OutOfFold {
  /** Row of the data set; ascending. */
  rows: Int32Array;
  /** Shape [rows.length, classes], flattened; all 0 where everything else was left out with the row. */
  probabilities: Float32Array;
}

export interface SuspiciousLabel {
  row: number;
  /** Code of the class it is more likely to be. */
  suggested: number;
  /** Probability of the class it is said to be. */
  confidence: number;
}

/**
 * Rows that are likely to be of another class than they are said to be, the least likely first: those whose probability of some other class
 * is at least the mean that class' own rows have of it.
 *
 * @param labels class code by row of the data set
 * @see Northcutt, Jiang, Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels", section 3.1; cleanlab's
 *   `filter_by="confident_learning"`, ranked by self-confidence
 */
export function suspiciousLabels({ rows, probabilities }: OutOfFold, labels: Int32Array, classCount: number): SuspiciousLabel[] {
  const thresholds = meanSelfConfidence({ rows, probabilities }, labels, classCount);
  const found: SuspiciousLabel[] = [];
  for (const [i, row] of rows.entries()) {
    const own = probabilities.subarray(i * classCount, (i + 1) * classCount);
    if (own.every((value) => value === 0)) continue;
    let suggested = -1;
    for (let code = 0; code < classCount; code++) {
      if (own[code]! >= thresholds[code]! - 1e-6 && (suggested < 0 || own[code]! > own[suggested]!)) suggested = code;
    }
    const given = labels[row]!;
    if (suggested >= 0 && suggested !== given) found.push({ row, suggested, confidence: own[given]! });
  }
  return found.toSorted((a, b) => a.confidence - b.confidence || a.row - b.row);
}

/** By class; infinite where it has no rows, so that nothing is suggested to be one of it. */
function meanSelfConfidence({ rows, probabilities }: OutOfFold, labels: Int32Array, classCount: number): Float64Array {
  const [sums, counts] = [new Float64Array(classCount), new Float64Array(classCount)];
  for (const [i, row] of rows.entries()) {
    const given = labels[row]!;
    sums[given]! += probabilities[i * classCount + given]!;
    counts[given]! += 1;
  }
  return sums.map((sum, code) => (counts[code] === 0 ? Number.POSITIVE_INFINITY : sum / counts[code]!));
}
