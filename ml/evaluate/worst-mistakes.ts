import type { Evaluation } from "./schema.ts";

interface Answers {
  truths: Int32Array;
  predictions: Int32Array;
  /** Shape [rows, classes]. */
  probabilities: Float32Array;
  classCount: number;
  /** Row numbers in the data set; shape [rows]. */
  rows: Int32Array;
}

/** Wrong answers, the most confident first, at most `limit`; the lower row first among equals. */
export function worstMistakes(answers: Answers, limit: number): Evaluation["worstMistakes"] {
  const { truths, predictions, probabilities, classCount, rows } = answers;
  const mistakes: Evaluation["worstMistakes"] = [];
  for (let i = 0; i < rows.length; i++) {
    const [truth, predicted] = [truths[i]!, predictions[i]!];
    if (truth === predicted) continue;
    mistakes.push({ row: rows[i]!, truth, predicted, probability: probabilities[i * classCount + predicted]! });
  }
  return mistakes.sort((a, b) => b.probability - a.probability || a.row - b.row).slice(0, limit);
}
