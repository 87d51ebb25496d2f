import type { Samples } from "../ingest/schema.ts";
import { partCodes } from "./schema.ts";

/** How many groups, and how many sets of images with equal pixels, stand in more than one of train, validation and test. */
export interface Leaks {
  groups: number;
  exactDuplicates: number;
}

/** Proves a split: by the codes alone, whatever made them. */
export function findLeaks(samples: Samples, codes: Uint8Array): Leaks {
  return { groups: countStraddling(samples.group, codes), exactDuplicates: countStraddling(samples.sha256, codes) };
}

function countStraddling(tokens: readonly string[], codes: Uint8Array): number {
  const firstPart = new Map<string, number>();
  const straddling = new Set<string>();
  for (const [row, token] of tokens.entries()) {
    const code = codes[row]!;
    if (token === "" || code === partCodes.unused) continue;
    const first = firstPart.get(token);
    if (first === undefined) firstPart.set(token, code);
    else if (first !== code) straddling.add(token);
  }
  return straddling.size;
}
