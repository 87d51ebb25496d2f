import type { PartName } from "./schema.ts";
import { partNames } from "./schema.ts";

/** What the parts are called wherever a source names them; folders and files have more words of their own. */
export const partWords: readonly (readonly [string, PartName])[] = [
  ["train", "train"],
  ["val", "validation"],
  ["valid", "validation"],
  ["validation", "validation"],
  ["test", "test"],
];

/** Rows are numbered in this order, whatever the order of names; "" for what belongs to none. */
export const partOrder: readonly (PartName | "")[] = [...partNames, ""];
