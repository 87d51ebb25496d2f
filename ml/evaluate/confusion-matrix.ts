/**
 * Counts by true and predicted class.
 *
 * @param truths class code of each row; shape [rows]
 * @param predictions predicted class code of each row; shape [rows]
 * @returns `counts[truth][predicted]`; shape [classes][classes]
 */
export function confusionMatrix(truths: ArrayLike<number>, predictions: ArrayLike<number>, classCount: number): number[][] {
  const counts = Array.from({ length: classCount }, () => Array.from({ length: classCount }, () => 0));
  for (let i = 0; i < truths.length; i++) counts[truths[i]!]![predictions[i]!]! += 1;
  return counts;
}
