import { expect, test } from "vitest";

import { partCodes } from "../../ml/split/schema.ts";
import { testSetHash, TestSets } from "../../storage/test-sets.ts";
import { MemoryObjectStore } from "../support/memory-object-store.ts";

const { train, test: tested } = partCodes;

test("counts the runs that were tested on a set, each once", async () => {
  const sets = new TestSets(new MemoryObjectStore());

  expect(await sets.use("aa", "run-1")).toBe(1);
  expect(await sets.use("aa", "run-2")).toBe(2);
  expect(await sets.use("aa", "run-1")).toBe(2);
  expect(await sets.use("bb", "run-1")).toBe(1);
  expect(await sets.uses("aa")).toBe(2);
});

test("a test set is known by the pixels and classes of its rows alone", () => {
  const samples = { sha256: ["p", "q", "r"], label: Int32Array.of(0, 1, 1) };
  const hash = testSetHash(samples, Uint8Array.of(tested, train, tested));

  expect(testSetHash({ sha256: ["r", "p"], label: Int32Array.of(1, 0) }, Uint8Array.of(tested, tested))).toBe(hash);
  expect(testSetHash({ ...samples, label: Int32Array.of(0, 1, 0) }, Uint8Array.of(tested, train, tested))).not.toBe(hash);
  expect(testSetHash(samples, Uint8Array.of(tested, tested, train))).not.toBe(hash);
});
