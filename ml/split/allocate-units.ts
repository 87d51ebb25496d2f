import { InvalidSplit } from "../errors.ts";
import { hashUnit } from "../random.ts";
import { partCodes } from "./schema.ts";
import type { SplitUnit } from "./split-units.ts";

/** A part to be filled, with its share of all units' rows, in (0, 1]. */
export interface PartShare {
  name: string;
  code: number;
  share: number;
}

export interface Allocation {
  /** Class code of each row of the data set. */
  labels: Int32Array;
  classes: readonly string[];
  parts: readonly PartShare[];
  /** Each part gets at least so many units of each class. */
  minimumUnits: number;
  /** What a unit is called in messages: "group" or "row". */
  unitName: string;
  seed: number;
  /** Part codes of units that have theirs already, by key; the others fill up what these leave. */
  settled?: ReadonlyMap<string, number>;
}

/**
 * Gives each unit a part so that every class keeps its share in each part, rarest class first.
 *
 * Large units before small ones and, among equals, in the order of hash(seed, key), each goes to the part that is furthest behind its share
 * of the class (Webster's rule). With units of one row a part misses its share of a class by less than one row; with groups by about the
 * smallest group. Neither the order of units nor that of rows matters.
 *
 * @returns part code by row of the units
 * @see Sechidis, Tsoumakas, Vlahavas 2011, "On the Stratification of Multi-Label Data" (rarest first)
 * @throws {InvalidSplit} if a class is too rare to appear in every part
 */
export function allocateUnits(units: readonly SplitUnit[], allocation: Allocation): Map<number, number> {
  const { labels, parts, classes, seed, settled = new Map<string, number>() } = allocation;
  const counted = units.map((unit) => ({
    ...unit,
    perClass: countClasses(unit.rows, labels),
    hash: hashUnit(seed, "split", unit.key),
  }));
  const totals = classes.map(() => 0);
  for (const { perClass } of counted) for (const [label, count] of perClass) totals[label]! += count;
  const rarity = rankOf(totals);

  const held = parts.map(() => classes.map(() => 0));
  const unitsHeld = parts.map(() => classes.map(() => 0));
  const codes = new Map<number, number>();
  const order = counted
    .map((unit) => ({ ...unit, rarest: [...unit.perClass.keys()].reduce((a, b) => (rarity[b]! < rarity[a]! ? b : a)) }))
    .toSorted(
      (a, b) =>
        Number(settled.has(b.key)) - Number(settled.has(a.key)) ||
        rarity[a.rarest]! - rarity[b.rarest]! ||
        b.rows.length - a.rows.length ||
        a.hash - b.hash ||
        (a.key < b.key ? -1 : 1),
    );
  for (const { key, rarest, perClass, rows } of order) {
    const code = settled.get(key);
    const chosen = code === undefined ? furthestBehind(parts, held, rarest, perClass.get(rarest)!) : positionOf(code, parts);
    for (const [label, count] of perClass) {
      held[chosen]![label]! += count;
      unitsHeld[chosen]![label]! += 1;
    }
    for (const row of rows) codes.set(row, parts[chosen]!.code);
  }
  refuseRareClasses(allocation, totals, unitsHeld);
  return codes;
}

function furthestBehind(parts: readonly PartShare[], held: readonly number[][], label: number, count: number): number {
  let chosen = 0;
  let least = Infinity;
  for (const [index, { share }] of parts.entries()) {
    const filled = (held[index]![label]! + count / 2) / share;
    if (filled < least) [chosen, least] = [index, filled];
  }
  return chosen;
}

/** @throws {InvalidSplit} where the part is none of these */
function positionOf(code: number, parts: readonly PartShare[]): number {
  const position = parts.findIndex((part) => part.code === code);
  if (position >= 0) return position;
  const [name] = Object.entries(partCodes).find(([, value]) => value === code) ?? ["unused"];
  throw new InvalidSplit(
    `The split that split.extends names has a ${name} part, and this one has none; give split.${name} a share above 0`,
  );
}

/** 0 for the rarest class. */
function rankOf(totals: readonly number[]): number[] {
  const ranks = totals.map(() => 0);
  const rarestFirst = totals.map((_, label) => label).toSorted((a, b) => totals[a]! - totals[b]! || a - b);
  for (const [rank, label] of rarestFirst.entries()) ranks[label] = rank;
  return ranks;
}

function countClasses(rows: readonly number[], labels: Int32Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(labels[row]!, (counts.get(labels[row]!) ?? 0) + 1);
  return counts;
}

function refuseRareClasses(
  { classes, parts, minimumUnits, unitName }: Allocation,
  totals: number[],
  unitsHeld: number[][],
): void {
  for (const [label, name] of classes.entries()) {
    if (totals[label] === 0) continue;
    for (const [index, part] of parts.entries()) {
      const received = unitsHeld[index]![label]!;
      if (received >= minimumUnits) continue;
      const all = unitsHeld.reduce((sum, units) => sum + units[label]!, 0);
      throw new InvalidSplit(
        `Class ${JSON.stringify(name)} is too rare for every part: ${part.name} needs at least ${minimumUnits} ${unitName}s of it and gets ` +
          `${received}; received ${all} ${unitName}s${unitName === "row" ? "" : ` (${totals[label]} rows)`} in all. Add images, merge it with another class, or change split.test and split.validation`,
      );
    }
  }
}
