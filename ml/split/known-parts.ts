import type { Samples } from "../ingest/schema.ts";
import { partCodes } from "./schema.ts";
import type { SplitUnit } from "./split-units.ts";

/** Where an earlier split put what it knew: part codes by group, by sample id and by pixels. */
export interface KnownParts {
  byGroup: ReadonlyMap<string, number>;
  byId: ReadonlyMap<string, number>;
  byPixels: ReadonlyMap<string, number>;
}

/** What an earlier split says of groups, samples and pixels; what stood in several parts counts where training saw it first. */
export function knownParts(samples: Samples, codes: Uint8Array): KnownParts {
  return {
    byGroup: firstParts(samples.group, codes),
    byId: firstParts(samples.id, codes),
    byPixels: firstParts(samples.sha256, codes),
  };
}

export interface SettledUnits {
  /** Part code by unit key. */
  parts: Map<string, number>;
  /** Units that join what stood in different parts: they go where training has seen a piece of them. */
  moved: number;
}

/**
 * The part of each unit of which something is known. What the earlier training has seen never comes into validation or test: where new
 * rows join a unit of train with one of test, the whole goes to train.
 */
export function settleUnits(units: readonly SplitUnit[], samples: Samples, known: KnownParts): SettledUnits {
  const parts = new Map<string, number>();
  let moved = 0;
  for (const { key, rows } of units) {
    const found = new Set<number>();
    for (const row of rows) {
      const codes = [
        samples.group[row] === "" ? undefined : known.byGroup.get(samples.group[row]!),
        known.byId.get(samples.id[row]!),
        known.byPixels.get(samples.sha256[row]!),
      ];
      for (const code of codes) if (code !== undefined) found.add(code);
    }
    if (found.size === 0) continue;
    if (found.size > 1) moved++;
    parts.set(key, Math.min(...found));
  }
  return { parts, moved };
}

/** Codes order parts by how much training has seen of them: train, validation, test. */
function firstParts(tokens: readonly string[], codes: Uint8Array): Map<string, number> {
  const parts = new Map<string, number>();
  for (const [row, token] of tokens.entries()) {
    const code = codes[row]!;
    if (token === "" || code === partCodes.unused) continue;
    parts.set(token, Math.min(parts.get(token) ?? Infinity, code));
  }
  return parts;
}
