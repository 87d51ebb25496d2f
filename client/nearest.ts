import { distance } from "fastest-levenshtein";

/** The candidate a person most likely meant; undefined where none is near. Case and separators count little. */
export function nearest(given: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const apart = distance(plain(given), plain(candidate));
    if (apart < bestDistance) [best, bestDistance] = [candidate, apart];
  }
  // Two letters swapped count as two; a word of three letters would be near to everything.
  const allowed = given.length <= 3 ? 1 : Math.max(2, Math.floor(given.length / 3));
  return bestDistance <= allowed ? best : undefined;
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[-_ ]/g, "");
}
