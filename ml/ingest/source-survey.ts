import type { ArrayHeader } from "./array-parts.ts";
import type { TypedColumn } from "./table-columns.ts";

/** What can be seen of a source without decoding it. */
export interface SourceSurvey {
  /** Files of the source, sorted. */
  paths: readonly string[];
  /** Images by path, and the file each is or is in. */
  images: readonly { path: string; file: string }[];
  /** npy files and members of npz archives. */
  arrays: readonly ArrayHeader[];
  tables: readonly { path: string; columns: readonly TypedColumn[] }[];
  /** Those that stand in archives, or are damaged. */
  unreadTables: readonly { path: string; reason: string }[];
  /** Of some images, spread over the whole set. */
  sizes: readonly { height: number; width: number }[];
}

/** How a source is to be read, guessed. */
export interface GuessedReading {
  layout: "idx" | "digits" | "arrays" | "folders" | "table";
  /** Images of each class; empty where only reading the pixels would tell. */
  classCounts: Record<string, number>;
  images?: string | string[];
  table?: string;
  key?: string;
  label?: string;
  /** A column, or without a table a regular expression over paths. */
  group?: string;
  /** A column that says the given part. */
  part?: string;
  /** Groups of the class that has the fewest. */
  fewestGroups?: number;
  forbidden?: { column: string; share: number }[];
  /** Images without a line in the table, and lines without an image. */
  unmatched?: { images: number; lines: number };
  parts: "none" | "given" | "given, but not train and test" | "given, but groups straddle them";
  /** Images that stand in none of the given parts. */
  partless?: string[];
  size?: { height: number; width: number };
  /** Files that are not read, because of their names where no reason is given. */
  leftAside?: { path: string; reason?: string }[];
}

/** @param groups "" where a row has none: it then is a group of its own */
export function fewestGroups(groups: readonly string[], labels: readonly string[]): number {
  const found = new Map<string, Set<string>>();
  for (const [row, label] of labels.entries()) {
    const known = found.get(label) ?? new Set();
    found.set(label, known);
    known.add(groups[row] || `row ${row}`);
  }
  return Math.min(...[...found.values()].map(({ size }) => size));
}

/** As the split takes them: without train or test they are merged and split anew. */
export function givenParts(places: readonly { part: string }[]): "given" | "none" | "given, but not train and test" {
  const named = new Set(places.map(({ part }) => part).filter((part) => part !== ""));
  if (named.has("train") && named.has("test")) return "given";
  return named.size > 1 ? "given, but not train and test" : "none";
}

/** The same, where rows of one group may stand in several of them. */
export function givenPartsOfGroups(places: readonly { part: string }[], groups: readonly string[]): GuessedReading["parts"] {
  const given = givenParts(places);
  const partOf = new Map<string, string>();
  const straddles = groups.some((group, i) => {
    const { part } = places[i]!;
    if (group === "" || part === "") return false;
    const first = partOf.get(group);
    if (first === undefined) partOf.set(group, part);
    return first !== undefined && first !== part;
  });
  return given === "given" && straddles ? "given, but groups straddle them" : given;
}

export function countBy(values: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
