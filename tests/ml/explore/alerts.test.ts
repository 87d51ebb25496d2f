import { expect, test } from "vitest";

import { findAlerts } from "../../../ml/explore/alerts.ts";
import type { Comparison, Exploration } from "../../../ml/explore/schema.ts";

/** An exploration in which only drift could be told. */
function explored(comparisons: Comparison[], trainRows: number): Omit<Exploration, "alerts" | "formatVersion"> {
  const part = (name: "train" | "test", rows: number) => ({ part: name, rows, groups: rows, perClass: [rows] });
  return {
    check: { passed: true, results: [] },
    balance: { imbalanceRatio: 1, unlabeled: 0, parts: [part("train", trainRows), part("test", 60)] },
    duplicates: { sets: 0, rows: 0, contradicting: 0, examples: [] },
    classes: ["a"],
    rowCount: trainRows + 60,
    columns: [],
    properties: [],
    comparisons,
    pixels: { max: 255 },
  } as unknown as Omit<Exploration, "alerts" | "formatVersion">; // what alerts are not made of is left out
}

const bytes = { dtype: "uint8" as const };
const drift = (name: string, value: number): Comparison => ({
  name,
  part: "test",
  against: "train",
  measure: "Kolmogorov–Smirnov",
  value,
  threshold: 0.2,
  verdict: value > 0.2 ? "over" : "fine",
});

test("drift of many columns is one alert for each two parts, with the largest named and what chance may do", () => {
  const columns = Array.from({ length: 200 }, (_, i) => drift(`f${i}`, i < 50 ? 0.21 + i / 1000 : 0.1));

  expect(findAlerts(explored(columns, 240), bytes)).toEqual([
    {
      severity: "warn",
      section: "drift",
      message:
        "Drift: 50 of 200 measures differ between test and train, most f49 (Kolmogorov–Smirnov 0.26, limit 0.2), f48 (Kolmogorov–Smirnov 0.26, limit 0.2), " +
        "f47 (Kolmogorov–Smirnov 0.26, limit 0.2). test has 60 rows: as much may come by chance",
    },
  ]);
  expect(findAlerts(explored([drift("f", 0.1)], 240), bytes)).toEqual([]);
});

test("a leak is told by itself, before drift", () => {
  const leak: Comparison = { ...drift("groups", 3), measure: "shared groups", threshold: 0 };

  expect(
    findAlerts(explored([drift("age", 0.5), leak], 240), bytes).map(({ severity, message }) => [severity, message.slice(0, 40)]),
  ).toEqual([
    ["bad", "Leak: test and train share 3 groups"],
    ["warn", "Drift: 1 of 1 measures differ between te"],
  ]);
});

test.each([
  {
    dtype: "uint8",
    max: 1,
    words: "No pixel is brighter than 1 of 255, so that normalize: rescale leaves values up to 0.0039 alone",
  },
  {
    dtype: "uint16",
    max: 4095,
    words: "No pixel is brighter than 4095 of 65535, so that normalize: rescale leaves values up to 0.062 alone",
  },
  { dtype: "uint8", max: 40, words: null },
] as const)("pixels of $dtype up to $max are told where most of the range is unused", ({ dtype, max, words }) => {
  const found = explored([], 240);

  const alerts = findAlerts({ ...found, pixels: { ...found.pixels, max } }, { dtype });

  expect(alerts.map(({ message }) => message.split(";")[0])).toEqual(words === null ? [] : [words]);
});
