import { largest } from "./predicted-classes.ts";
import type { Reliability } from "./schema.ts";

const binCount = 15;
/** scikit-learn's log_loss clips at the machine epsilon of the scores' type. */
const float32Epsilon = 2 ** -23;

/**
 * How far probabilities can be taken at their word.
 *
 * - ECE: the highest probability of each row falls into one of 15 equal bins (low, high]; mean over bins, weighted by rows, of the
 *   distance between mean confidence and accuracy of the top class (whatever threshold decides otherwise).
 * - NLL: mean of -log p(truth), p clipped to [2^-23, 1 - 2^-23].
 * - Brier: mean squared distance to the truth; over all classes (0 to 2), with two classes of the positive one (0 to 1), as scikit-learn.
 *
 * @param probabilities shape [rows, classes], row-major; rows not empty
 * @see Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2
 */
export function calibration(probabilities: Float32Array, truths: Int32Array, classCount: number): Reliability {
  const bins = Array.from({ length: binCount }, () => ({ confidence: 0, hits: 0, count: 0 }));
  const rowCount = truths.length;
  let [logLoss, squares] = [0, 0];
  for (let row = 0; row < rowCount; row++) {
    const scores = probabilities.subarray(row * classCount, (row + 1) * classCount);
    const truth = truths[row]!;
    const top = largest(scores);
    const bin = bins[Math.min(Math.max(Math.ceil(scores[top]! * binCount) - 1, 0), binCount - 1)]!;
    bin.confidence += scores[top]!;
    bin.hits += top === truth ? 1 : 0;
    bin.count += 1;
    logLoss -= Math.log(Math.min(Math.max(scores[truth]!, float32Epsilon), 1 - float32Epsilon));
    squares += squaredDistance(scores, truth);
  }
  const ece = bins.reduce((total, bin) => total + Math.abs(bin.confidence - bin.hits), 0) / rowCount;
  return {
    ece,
    nll: logLoss / rowCount,
    brier: squares / rowCount,
    bins: bins.map(({ confidence, hits, count }) =>
      count === 0
        ? { confidence: null, accuracy: null, count }
        : { confidence: confidence / count, accuracy: hits / count, count },
    ),
  };
}

function squaredDistance(scores: Float32Array, truth: number): number {
  if (scores.length === 2) return (scores[1]! - truth) ** 2;
  let total = 0;
  for (let code = 0; code < scores.length; code++) total += (scores[code]! - (code === truth ? 1 : 0)) ** 2;
  return total;
}
