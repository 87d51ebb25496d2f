import { randomStream, shuffledRows } from "../random.ts";

/** The order in which an epoch visits the training rows: a function of seed and epoch alone, so that resuming needs no random state. */
export function epochOrder(rows: Int32Array, seed: number, epoch: number): Int32Array {
  return shuffledRows(rows, randomStream(seed, "train", "order", epoch));
}
