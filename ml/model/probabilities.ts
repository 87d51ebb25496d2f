import type { Head } from "./losses.ts";

/**
 * Probabilities of every class from raw outputs, computed in float64 and rounded once.
 *
 * @param logits [rows, outputs]; one output a row for `sigmoid`, of the second of two classes
 * @returns [rows, classes]; of a sigmoid head two columns, 1 - p and p
 */
export function probabilitiesOf(head: Head, logits: Float32Array, outputs: number): Float32Array {
  if (head === "sigmoid") {
    const probabilities = new Float32Array(logits.length * 2);
    for (let row = 0; row < logits.length; row++) {
      const positive = Math.fround(1 / (1 + Math.exp(-logits[row]!)));
      probabilities[row * 2] = 1 - positive;
      probabilities[row * 2 + 1] = positive;
    }
    return probabilities;
  }
  const probabilities = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += outputs) {
    const largest = largestOf(logits, start, outputs);
    let sum = 0;
    for (let i = start; i < start + outputs; i++) sum += Math.exp(logits[i]! - largest);
    for (let i = start; i < start + outputs; i++) probabilities[i] = Math.exp(logits[i]! - largest) / sum;
  }
  return probabilities;
}

/**
 * Mean cross-entropy from logits, exact where probabilities would round to 0 or 1; NaN without rows. Neither class weights nor penalties
 * of weights are in it.
 *
 * @param labels class code of each row
 */
export function meanCrossEntropy(head: Head, logits: Float32Array, outputs: number, labels: Int32Array): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    if (head === "sigmoid") {
      const x = logits[row]!;
      sum += Math.max(x, 0) - x * labels[row]! + Math.log1p(Math.exp(-Math.abs(x)));
      continue;
    }
    const start = row * outputs;
    const largest = largestOf(logits, start, outputs);
    let exponentials = 0;
    for (let i = start; i < start + outputs; i++) exponentials += Math.exp(logits[i]! - largest);
    sum += largest + Math.log(exponentials) - logits[start + labels[row]!]!;
  }
  return sum / labels.length;
}

/** The largest of some neighboring values; NaN where one of them is. */
function largestOf(values: Float32Array, start: number, length: number): number {
  let largest = values[start]!;
  for (let i = start + 1; i < start + length; i++) largest = Math.max(largest, values[i]!);
  return largest;
}
