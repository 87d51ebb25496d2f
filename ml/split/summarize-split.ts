import type { Samples } from "../ingest/schema.ts";
import { findLeaks } from "./find-leaks.ts";
import type { SplitSummary } from "./schema.ts";
import { partCodes } from "./schema.ts";
import type { SplitStrategy } from "./split-rows.ts";

type PartSummary = SplitSummary["parts"]["train"];

/** Rows, groups (a row without a group counts as one of its own) and rows of each class in each part, and the leak gate's findings. */
export function summarizeSplit(samples: Samples, classCount: number, codes: Uint8Array, strategy: SplitStrategy): SplitSummary {
  const parts = { train: emptyPart(classCount), validation: emptyPart(classCount), test: emptyPart(classCount) };
  const groups = { train: new Set<string>(), validation: new Set<string>(), test: new Set<string>() };
  for (const name of ["train", "validation", "test"] as const) {
    for (const [row, code] of codes.entries()) {
      if (code !== partCodes[name]) continue;
      parts[name].rows++;
      parts[name].perClass[samples.label[row]!]! += 1;
      if (samples.group[row] === "") parts[name].groups++;
      else groups[name].add(samples.group[row]!);
    }
    parts[name].groups += groups[name].size;
  }
  return { formatVersion: 1, strategy, parts, leaks: findLeaks(samples, codes) };
}

function emptyPart(classCount: number): PartSummary {
  return { rows: 0, groups: 0, perClass: Array.from({ length: classCount }, () => 0) };
}
