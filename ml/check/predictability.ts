const folds = 5;
/** Added to variances, as a share of the whole variance, as scikit-learn does. */
const smoothing = 1e-9;

interface Moments {
  count: number;
  sum: number;
  squares: number;
}

/**
 * What one number says of the class: the share of a majority guess's mistakes that a Gaussian naive Bayes classifier of it puts right, out of
 * fold, 0 to 1. Rows without a label are left out; the i-th row of a class is in fold i mod 5.
 *
 * @param values by row
 * @param labels class code by row, -1 = none
 */
export function predictability(values: ArrayLike<number>, labels: Int32Array, classCount: number): number {
  const foldOf = assignFolds(labels, classCount);
  const byFold = Array.from({ length: folds }, () =>
    Array.from({ length: classCount }, (): Moments => ({ count: 0, sum: 0, squares: 0 })),
  );
  for (let row = 0; row < labels.length; row++) {
    const moments = byFold[foldOf[row]!]?.[labels[row]!];
    if (!moments) continue;
    moments.count += 1;
    moments.sum += values[row]!;
    moments.squares += values[row]! ** 2;
  }
  const models = byFold.map((_, left) =>
    fit(
      byFold.filter((__, fold) => fold !== left),
      classCount,
    ),
  );
  const totals = Array.from({ length: classCount }, (_, code) => byFold.reduce((sum, fold) => sum + fold[code]!.count, 0));
  const labeled = totals.reduce((sum, count) => sum + count, 0);
  const baseline = Math.max(...totals) / Math.max(1, labeled);
  if (labeled === 0 || baseline === 1) return 0;
  let right = 0;
  for (let row = 0; row < labels.length; row++) {
    if (labels[row]! >= 0 && mostLikely(values[row]!, models[foldOf[row]!]!) === labels[row]) right++;
  }
  return Math.max(0, (right / labeled - baseline) / (1 - baseline));
}

function assignFolds(labels: Int32Array, classCount: number): Uint8Array {
  const seen = new Int32Array(classCount);
  return Uint8Array.from(labels, (label) => (label < 0 ? 0 : seen[label]!++ % folds));
}

interface ClassModel {
  logPrior: number;
  mean: number;
  variance: number;
}

/** One Gaussian a class of what some folds hold; null where they hold none of it. */
function fit(kept: readonly (readonly Moments[])[], classCount: number): (ClassModel | null)[] {
  const add = (all: readonly Moments[]): Moments => ({
    count: all.reduce((sum, { count }) => sum + count, 0),
    sum: all.reduce((sum, moments) => sum + moments.sum, 0),
    squares: all.reduce((sum, { squares }) => sum + squares, 0),
  });
  const variance = ({ count, sum, squares }: Moments) => Math.max(0, squares / count - (sum / count) ** 2);
  const whole = add(kept.flat());
  const least = Math.max(Number.MIN_VALUE, smoothing * variance(whole));
  return Array.from({ length: classCount }, (_, code) => {
    const own = add(kept.map((fold) => fold[code]!));
    if (own.count === 0) return null;
    return { logPrior: Math.log(own.count / whole.count), mean: own.sum / own.count, variance: variance(own) + least };
  });
}

function mostLikely(value: number, models: readonly (ClassModel | null)[]): number {
  let [best, highest] = [-1, Number.NEGATIVE_INFINITY];
  for (const [code, model] of models.entries()) {
    if (!model) continue;
    const score = model.logPrior - 0.5 * Math.log(model.variance) - (value - model.mean) ** 2 / (2 * model.variance);
    if (score > highest) [best, highest] = [code, score];
  }
  return best;
}
