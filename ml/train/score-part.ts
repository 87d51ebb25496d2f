import { countScores, meanPresent } from "../evaluate/precision-recall.ts";
import { confusionMatrix } from "../evaluate/confusion-matrix.ts";
import { rankByScore } from "../evaluate/ranking.ts";
import { rocAuc } from "../evaluate/roc-auc.ts";
import type { Head } from "../model/losses.ts";
import { meanLoss, type PartLoss } from "../model/mean-loss.ts";
import { probabilitiesOf } from "../model/probabilities.ts";
import type { Score } from "./schema.ts";

export interface PartOutputs {
  head: Head;
  /** Cross-entropy where absent. */
  loss?: PartLoss | undefined;
  /** [rows, outputs] before softmax or sigmoid. */
  logits: Float32Array;
  outputs: number;
  /** Class code of each row. */
  labels: Int32Array;
  classCount: number;
}

/** With more classes the area is left out unless it is what training watches: one sort of all rows a class. */
const rankedClasses = 20;

/** Scores a whole part at once, so that measures which are no means over batches (balanced accuracy, AUC) are exact. */
export function scorePart(part: PartOutputs, { needsAuc = false }: { needsAuc?: boolean } = {}): Score {
  const { head, logits, outputs, labels, classCount } = part;
  const predicted = predictedCodes(head, logits, outputs);
  let hits = 0;
  for (let row = 0; row < labels.length; row++) if (predicted[row] === labels[row]) hits++;
  const recalls = countScores(confusionMatrix(labels, predicted, classCount)).map((score) => score.recall);
  return {
    loss: meanLoss(part, logits, outputs, labels),
    accuracy: hits / labels.length,
    balancedAccuracy: meanPresent(recalls),
    auc: classCount <= rankedClasses || needsAuc ? areaUnderCurve(part) : null,
  };
}

/** Loss and accuracy only: for a clean pass over a large part. */
export function scoreBriefly(part: Omit<PartOutputs, "classCount">): { loss: number; accuracy: number } {
  const { head, logits, outputs, labels } = part;
  const predicted = predictedCodes(head, logits, outputs);
  let hits = 0;
  for (let row = 0; row < labels.length; row++) if (predicted[row] === labels[row]) hits++;
  return { loss: meanLoss(part, logits, outputs, labels), accuracy: hits / labels.length };
}

/** The likeliest class, the first of equals; of a sigmoid head the second of two where its probability is more than one half. */
function predictedCodes(head: Head, logits: Float32Array, outputs: number): Int32Array {
  if (head === "sigmoid") return Int32Array.from(logits, (logit) => (logit > 0 ? 1 : 0));
  const codes = new Int32Array(logits.length / outputs);
  for (let row = 0; row < codes.length; row++) {
    let best = 0;
    for (let code = 1; code < outputs; code++) if (logits[row * outputs + code]! > logits[row * outputs + best]!) best = code;
    codes[row] = best;
  }
  return codes;
}

function areaUnderCurve({ head, logits, outputs, labels, classCount }: PartOutputs): number | null {
  const probabilities = probabilitiesOf(head, logits, outputs);
  if (!probabilities.every(Number.isFinite)) return null;
  const area = (code: number) => rocAuc(rankByScore(probabilities, labels, classCount, code));
  return classCount === 2 ? area(1) : meanPresent(Array.from({ length: classCount }, (_, code) => area(code)));
}
