import type { Samples } from "../../ingest/schema.ts";
import { hashUnit } from "../../random.ts";
import { partCodes } from "../../split/schema.ts";

/** More rows would not tell more about each, and their features have to be in memory at once. */
const mostRows = 20_000;

/** Rows of all parts with a label, ascending; of more those whose hash of seed and id is lowest. */
export function rowsAsked({ id, label }: Pick<Samples, "id" | "label">, split: Uint8Array, seed: number): Int32Array {
  const rows = [...split.keys()].filter((row) => split[row] !== partCodes.unused && label[row]! >= 0);
  if (rows.length <= mostRows) return Int32Array.from(rows);
  const drawn = rows
    .map((row) => ({ row, order: hashUnit(seed, "label noise", id[row]!) }))
    .toSorted((a, b) => a.order - b.order || a.row - b.row);
  return Int32Array.from(drawn.slice(0, mostRows).map(({ row }) => row)).toSorted();
}
