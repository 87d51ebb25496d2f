import { expect, test } from "vitest";

import { aliasSpans, holderAt, versionBefore } from "../../../ml/register/alias-history.ts";
import type { AliasMove } from "../../../ml/register/schema.ts";

const day = (number: number) => `2026-01-0${number}T00:00:00.000Z`;
const moves = (...list: [AliasMove["kind"], number | null][]): AliasMove[] =>
  list.map(([kind, version], i) => ({
    formatVersion: 2,
    alias: "champion",
    number: i + 1,
    kind,
    version,
    movedAt: day(i + 1),
    movedBy: "ada",
    reason: "because",
  }));

test("knows which version was in production when (MLflow #2169)", () => {
  const history = moves(["promote", 1], ["promote", 2], ["remove", null], ["set", 1]);

  expect(aliasSpans(history)).toEqual([
    { alias: "champion", version: 1, from: day(1), until: day(2) },
    { alias: "champion", version: 2, from: day(2), until: day(3) },
    { alias: "champion", version: 1, from: day(4), until: null },
  ]);
  expect([1, 2, 3, 4].map((number) => holderAt(history, day(number).replace("T00", "T12")))).toEqual([1, 2, null, 1]);
  expect(holderAt(history, "2025-12-31T00:00:00.000Z")).toBeNull();
});

test("rolls back move by move, never forth again", () => {
  const promoted = moves(["promote", 1], ["promote", 2], ["promote", 3]);
  const once = moves(["promote", 1], ["promote", 2], ["promote", 3], ["rollback", 2]);
  const twice = moves(["promote", 1], ["promote", 2], ["promote", 3], ["rollback", 2], ["rollback", 1]);

  expect([promoted, once, twice].map((history) => versionBefore(history))).toEqual([2, 1, null]);
  expect(versionBefore(moves(["promote", 1], ["promote", 2], ["rollback", 1], ["promote", 3]))).toBe(1);
});
