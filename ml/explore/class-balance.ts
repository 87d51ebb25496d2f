import type { PartName, Samples } from "../ingest/schema.ts";
import { partNames } from "../ingest/schema.ts";
import { partCodes } from "../split/schema.ts";
import { entropyBits } from "../stats/entropy.ts";
import type { Balance } from "./schema.ts";

/**
 * Rows and groups of each class in each part.
 * @param split part code of each row; shape [rows]
 */
export function classBalance(samples: Samples, split: Uint8Array, classCount: number): Balance {
  const total = classCounts(samples.label, classCount);
  const present = total.filter((value) => value > 0);
  const even = Math.log2(classCount);
  return {
    parts: partNames.map((part) => ({ part, ...partBalance(samples, split, part, classCount) })),
    unused: split.reduce((rows, code) => rows + (code === partCodes.unused ? 1 : 0), 0),
    unlabeled: samples.label.reduce((rows, label) => rows + (label < 0 ? 1 : 0), 0),
    imbalanceRatio: present.length === 0 ? 1 : Math.max(...present) / Math.min(...present),
    evenness: even === 0 ? 0 : entropyBits(total) / even,
  };
}

/** Rows of each class by code; rows without a label are left out. */
export function classCounts(labels: Int32Array, classCount: number): number[] {
  const counts = Array.from({ length: classCount }, () => 0);
  for (const label of labels) if (label >= 0) counts[label]! += 1;
  return counts;
}

function partBalance({ label, group }: Samples, split: Uint8Array, part: PartName, classCount: number) {
  const perClass = Array.from({ length: classCount }, () => 0);
  const groups = new Set<string>();
  let [rows, ungrouped] = [0, 0];
  for (let row = 0; row < split.length; row++) {
    if (split[row] !== partCodes[part]) continue;
    rows += 1;
    if (label[row]! >= 0) perClass[label[row]!]! += 1;
    if (group[row] === "") ungrouped += 1;
    else groups.add(group[row]!);
  }
  return { rows, groups: groups.size + ungrouped, perClass };
}
