import type { PartName } from "./schema.ts";
import { partNames } from "./schema.ts";

/** What the parts are called wherever a source names them: in folders, files and arrays. */
export const partOfWord: ReadonlyMap<string, PartName> = new Map([
  ["train", "train"],
  ["training", "train"],
  ["val", "validation"],
  ["valid", "validation"],
  ["validation", "validation"],
  ["dev", "validation"],
  ["test", "test"],
  ["testing", "test"],
  ["t10k", "test"],
]);

/** The part that a whole text names, "" where it is none. */
export function partNamed(text: string): PartName | "" {
  return partOfWord.get(text.trim().toLowerCase()) ?? "";
}

/** Rows are numbered in this order, whatever the order of names; "" for what belongs to none. */
export const partOrder: readonly (PartName | "")[] = [...partNames, ""];
