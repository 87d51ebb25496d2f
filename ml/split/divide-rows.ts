import type { Samples } from "../ingest/schema.ts";
import type { PartShare } from "./allocate-units.ts";
import { allocateUnits } from "./allocate-units.ts";
import type { KnownParts } from "./known-parts.ts";
import { settleUnits } from "./known-parts.ts";
import { splitUnits } from "./split-units.ts";

export interface Division {
  samples: Samples;
  classes: readonly string[];
  /** Whether rows of one group stay together. */
  byGroup: boolean;
  /** Each part gets at least so many units of each class. */
  minimumUnits: number;
  seed: number;
  known?: KnownParts | undefined;
}

/**
 * Enters a part for each of some rows.
 * @returns rows that kept a known part, and units that had to move because they join several
 * @throws {InvalidSplit} if a class is too rare to appear in every part
 */
export function divideRows(
  rows: readonly number[],
  parts: readonly PartShare[],
  codes: Uint8Array,
  { samples, classes, byGroup, minimumUnits, seed, known }: Division,
): { kept: number; moved: number } {
  if (parts.length === 1 && !known) {
    for (const row of rows) codes[row] = parts[0]!.code;
    return { kept: 0, moved: 0 };
  }
  const units = splitUnits(samples, rows, byGroup);
  const { parts: settled, moved } = known ? settleUnits(units, samples, known) : { parts: new Map<string, number>(), moved: 0 };
  const unitName = byGroup ? "group" : "row";
  const allocated = allocateUnits(units, { labels: samples.label, classes, parts, minimumUnits, unitName, seed, settled });
  for (const [row, code] of allocated) codes[row] = code;
  const kept = units.reduce((sum, unit) => sum + (settled.has(unit.key) ? unit.rows.length : 0), 0);
  return { kept, moved };
}
