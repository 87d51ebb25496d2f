import { givenParts } from "../given-parts.ts";
import type { CheckFacts, Rule } from "../rule.ts";

/** Threshold: the largest share of a given validation or test part that looks, by perceptual hash, like an image of train. */
export const lookAlikesAcrossParts: Rule = {
  name: "look-alikes-across-parts",
  severity: "warn",
  threshold: 0.01,
  find(facts, threshold) {
    const likeTrain = rowsLikeTrain(facts);
    const found = givenParts(facts.samples)
      .map(({ name, rows }) => ({ name, size: rows.length, rows: rows.filter((row) => likeTrain.has(row)) }))
      .toSorted((a, b) => b.rows.length / b.size - a.rows.length / a.size);
    const [worst] = found;
    if (!worst || worst.rows.length === 0) {
      return { value: 0, beyond: false, message: "no image of a given part looks like one of train", rows: [] };
    }
    const value = worst.rows.length / worst.size;
    const say = (row: number) => facts.samples.id[row];
    const shown = worst.rows.slice(0, 5).map((row) => `${say(row)} ~ ${say(likeTrain.get(row)!)}`);
    const message = `${worst.rows.length} of ${worst.size} images of ${worst.name} look like one of train: ${shown.join("; ")}`;
    return { value, beyond: value > threshold, message, rows: worst.rows };
  },
};

/** A row of train by the row of another part that looks like it. Of images with equal hashes only one stands in pairs with others. */
function rowsLikeTrain({ lookAlikes, samples: { part, sha256 }, images: { hash } }: CheckFacts): Map<number, number> {
  const alike = new Map<bigint, Set<bigint>>();
  for (const [a, b] of lookAlikes) {
    for (const row of [a, b]) alike.set(hash[row]!, (alike.get(hash[row]!) ?? new Set()).add(hash[a]!).add(hash[b]!));
  }
  const trainRows = new Map<bigint, number[]>();
  const others: number[] = [];
  for (const row of part.keys()) {
    if (!alike.has(hash[row]!)) continue;
    if (part[row] !== "train") others.push(row);
    else if (trainRows.get(hash[row]!)?.push(row) === undefined) trainRows.set(hash[row]!, [row]);
  }
  const found = new Map<number, number>();
  for (const row of others) {
    const candidates = [...alike.get(hash[row]!)!].flatMap((near) => trainRows.get(near) ?? []);
    const match = candidates.find((other) => sha256[other] !== sha256[row]);
    if (match !== undefined) found.set(row, match);
  }
  return found;
}
