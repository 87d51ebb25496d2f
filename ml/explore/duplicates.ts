import type { Samples } from "../ingest/schema.ts";
import type { Exploration } from "./schema.ts";

const [exampleSets, exampleRows] = [12, 4];

/** Sets of rows whose pixels are equal; those with contradicting labels stand first among the examples. */
export function findDuplicates({ sha256, label }: Samples): Exploration["duplicates"] {
  const rowsByHash = new Map<string, number[]>();
  for (const [row, hash] of sha256.entries()) {
    if (hash === "") continue;
    const rows = rowsByHash.get(hash);
    if (rows) rows.push(row);
    else rowsByHash.set(hash, [row]);
  }
  const sets = [...rowsByHash.values()].filter((rows) => rows.length > 1);
  const contradicts = (rows: readonly number[]) => new Set(rows.map((row) => label[row])).size > 1;
  const ordered = [...sets.filter(contradicts), ...sets.filter((rows) => !contradicts(rows))];
  return {
    sets: sets.length,
    rows: sets.reduce((total, rows) => total + rows.length, 0),
    contradicting: sets.filter(contradicts).length,
    examples: ordered.slice(0, exampleSets).map((rows) => rows.slice(0, exampleRows)),
  };
}
