import type { AliasMove } from "./schema.ts";

/** A stretch of time in which an alias pointed to one version. */
export interface AliasSpan {
  alias: string;
  version: number;
  from: string;
  /** Null: to this day. */
  until: string | null;
}

/** The order in which an alias was moved, oldest first; moves that were not counted yet by their time. */
export function inOrder(moves: readonly AliasMove[]): AliasMove[] {
  return moves.toSorted((a, b) => a.number - b.number || byTime(a.movedAt, b.movedAt));
}

/** When which version held an alias, oldest first. */
export function aliasSpans(moves: readonly AliasMove[]): AliasSpan[] {
  const ordered = inOrder(moves);
  return ordered.flatMap(({ alias, version, movedAt }, i) =>
    version === null ? [] : [{ alias, version, from: movedAt, until: ordered[i + 1]?.movedAt ?? null }],
  );
}

/** The version that held an alias at a moment, or null where none did. @param at ISO 8601 in UTC with milliseconds, like the moves' */
export function holderAt(moves: readonly AliasMove[], at: string): number | null {
  return inOrder(moves).findLast(({ movedAt }) => byTime(movedAt, at) <= 0)?.version ?? null;
}

/** Such times are sorted by their letters. */
export function byTime(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/**
 * The version an alias held before the one it holds now, or null. A rollback undoes a move for good: the next one goes further back instead
 * of forth again.
 */
export function versionBefore(moves: readonly AliasMove[]): number | null {
  const held: number[] = [];
  for (const { kind, version } of inOrder(moves)) {
    if (version === null || version === held.at(-1)) continue;
    if (kind === "rollback" && held.at(-2) === version) held.pop();
    else held.push(version);
  }
  return held.at(-2) ?? null;
}
