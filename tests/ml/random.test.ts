import { expect, test } from "vitest";

import { hashUnit, randomStream, seedFor, shuffled, shuffledRows } from "../../ml/random.ts";

test("gives the same stream for the same seed and path, and another for any other", () => {
  const draw = (seed: number, ...path: (string | number)[]) => randomStream(seed, ...path)();

  expect(draw(1, "augment", 2, "a")).toBe(draw(1, "augment", 2, "a"));
  expect(new Set([draw(1, "a"), draw(2, "a"), draw(1, "b"), draw(1, "a", 0), draw(1, "a0")]).size).toBe(5);
});

test("draws evenly over [0, 1)", () => {
  const random = randomStream(7, "even");
  const counts = Array.from({ length: 10 }, () => 0);

  for (let i = 0; i < 100_000; i++) counts[Math.floor(random() * 10)]! += 1;

  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
});

test("hashes names evenly over [0, 1), so that shares of a split come out", () => {
  let below = 0;
  for (let i = 0; i < 100_000; i++) if (hashUnit(3, "split", `image-${i}`) < 0.2) below++;

  expect(Math.abs(below - 20_000)).toBeLessThan(500);
});

test("never gives the seed 0, which libraries take for unseeded", () => {
  for (let i = 0; i < 10_000; i++) expect(seedFor(0, "init", i)).toBeGreaterThan(0);
});

test("shuffles without losing anything, rows and values alike", () => {
  const rows = Int32Array.from({ length: 1000 }, (_, i) => i);

  const shuffledOnce = shuffledRows(rows, randomStream(1, "shuffle", 1));

  expect([...shuffledOnce].toSorted((a, b) => a - b)).toEqual([...rows]);
  expect([...shuffledOnce]).toEqual(shuffled([...rows], randomStream(1, "shuffle", 1)));
  expect([...shuffledOnce]).not.toEqual([...rows]);
});
