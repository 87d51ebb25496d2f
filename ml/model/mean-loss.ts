import type { LossParameters } from "../train/schema.ts";
import type { Head } from "./losses.ts";
import { meanCrossEntropy } from "./probabilities.ts";

/** How a part's loss is measured: by convoy's own losses, or by one of the user's. */
export type PartLoss = LossParameters | ((logits: Float32Array, outputs: number, labels: Int32Array) => number);

/**
 * The training loss over a whole part, from logits in float64; without class weights and penalties of weights. The same as `lossOfRows`.
 *
 * @param labels class code of each row
 */
export function meanLoss(
  { head, loss }: { head: Head; loss?: PartLoss | undefined },
  logits: Float32Array,
  outputs: number,
  labels: Int32Array,
): number {
  if (typeof loss === "function") return loss(logits, outputs, labels);
  if (loss === undefined || (loss.name === "crossEntropy" && (loss.labelSmoothing ?? 0) === 0)) {
    return meanCrossEntropy(head, logits, outputs, labels);
  }
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    sum +=
      head === "sigmoid"
        ? binaryLoss(loss, logits[row]!, labels[row]!)
        : categoricalLoss(loss, logits.subarray(row * outputs, (row + 1) * outputs), labels[row]!);
  }
  return sum / labels.length;
}

function binaryLoss({ name, labelSmoothing = 0, gamma = 2, alpha }: LossParameters, x: number, label: number): number {
  const target = label * (1 - labelSmoothing) + labelSmoothing / 2;
  const entropy = Math.max(x, 0) - x * target + Math.log1p(Math.exp(-Math.abs(x)));
  if (name === "crossEntropy") return entropy;
  const p = 1 / (1 + Math.exp(-x));
  const likely = target * p + (1 - target) * (1 - p);
  const share = alpha === undefined ? 1 : target * alpha + (1 - target) * (1 - alpha);
  return share * (1 - likely) ** gamma * entropy;
}

function categoricalLoss(
  { name, labelSmoothing = 0, gamma = 2, alpha = 0.25 }: LossParameters,
  logits: Float32Array,
  label: number,
): number {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
  let loss = 0;
  for (const [code, logit] of logits.entries()) {
    const target = labelSmoothing / logits.length + (code === label ? 1 - labelSmoothing : 0);
    const log = logit - total;
    const weight = name === "focal" ? alpha * (1 - Math.exp(log)) ** gamma : 1;
    if (target > 0) loss -= target * weight * log;
  }
  return loss;
}
