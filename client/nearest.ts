import { distance } from "fastest-levenshtein";

/** The candidate a person most likely meant; undefined where none is near. Case and separators count little. */
export function nearest(given: string, candidates: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_ ]/g, "");
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const apart = distance(plain(given), plain(candidate));
    if (apart < bestDistance) [best, bestDistance] = [candidate, apart];
  }
  const allowed = Math.max(1, Math.floor(Math.max(given.length, best?.length ?? 0) / 3));
  return bestDistance <= allowed ? best : undefined;
}
