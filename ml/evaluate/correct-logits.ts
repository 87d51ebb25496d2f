import type { Head } from "../model/losses.ts";
import type { LogitCorrection } from "./schema.ts";

/** Raw outputs of a network, and how they become probabilities. */
export interface Logits {
  head: Head;
  /** [rows, outputs]; one output a row for `sigmoid`, of the second of two classes. */
  logits: Float32Array;
  outputs: number;
}

/** Corrected logits, computed in float64 and rounded once; without a correction the same ones. */
export function correctLogits({ head, logits, outputs }: Logits, correction: LogitCorrection | undefined): Float32Array {
  if (!correction) return logits;
  const { scale, offsets } = outputCorrection({ head }, correction);
  return logits.map((logit, i) => logit * scale + offsets[i % outputs]!);
}

/** What outputs are multiplied by, and what is added to each, shape [outputs]; a single one stands for the odds of the second class. */
export function outputCorrection({ head }: { head: Head }, { temperature, offsets }: LogitCorrection) {
  return { scale: 1 / temperature, offsets: head === "sigmoid" ? [offsets[1]! - offsets[0]!] : offsets };
}
