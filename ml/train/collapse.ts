import type { EpochRecord } from "./schema.ts";

/** Epochs in a row: after one, many networks still find their way. */
const leastEpochs = 2;

/**
 * Whether every image of a part that has several classes is answered with the same one.
 * @param probabilities shape [images, classes], flattened
 * @param labels class code by image
 */
export function answersOneClass({ probabilities, labels }: { probabilities: Float32Array; labels: Int32Array }): boolean {
  const classCount = probabilities.length / labels.length;
  const likeliest = (row: number) => {
    const own = probabilities.subarray(row * classCount, (row + 1) * classCount);
    return own.indexOf(Math.max(...own));
  };
  const first = likeliest(0);
  return labels.some((label) => label !== labels[0]) && labels.every((_, row) => likeliest(row) === first);
}

/** The epoch from which on a training answered with one class, to its end; null where it did not, or only in its last epoch. */
export function collapsedSince(epochs: readonly Pick<EpochRecord, "epoch" | "oneClass">[]): number | null {
  const count = epochs.toReversed().findIndex(({ oneClass }) => oneClass !== true);
  const first = epochs[count === -1 ? 0 : epochs.length - count];
  return first === undefined || epochs.length - epochs.indexOf(first) < leastEpochs ? null : first.epoch;
}

export function collapseWarning(since: number): string {
  return (
    `collapsed: since epoch ${since} all validation images get the same class. Most often, a smaller train.optimizer.learningRate helps; ` +
    "so may train.classWeights: sqrt instead of balanced"
  );
}
