import type { Finding } from "./rule.ts";

/** The finding of a rule that flags rows whose score is below the threshold; its value is the lowest score. */
export function lowScores(scores: Float32Array, threshold: number, what: string): Finding {
  const rows = [...scores.keys()].filter((row) => scores[row]! < threshold).toSorted((a, b) => scores[a]! - scores[b]! || a - b);
  const value = scores.reduce((least, score) => Math.min(least, score), scores[0] ?? 1);
  const message = `${rows.length} images are ${what}; the lowest score is ${value.toFixed(3)}`;
  return { value, beyond: rows.length > 0, message, rows };
}
