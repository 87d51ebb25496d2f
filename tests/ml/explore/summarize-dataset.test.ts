import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { classCounts } from "../../../ml/explore/class-balance.ts";
import { ImageStatistics } from "../../../ml/explore/image-statistics.ts";
import { pickExtremes, pickSamples } from "../../../ml/explore/pick-samples.ts";
import { explorationSchema } from "../../../ml/explore/schema.ts";
import { summarizeDataset, type ExploredDataset } from "../../../ml/explore/summarize-dataset.ts";
import type { Dataset, Samples } from "../../../ml/ingest/schema.ts";
import { takeSteps } from "../../support/take-steps.ts";

const golden = JSON.parse(readFileSync(new URL("../../golden/explore/goldens.json", import.meta.url), "utf8")) as {
  shape: [number, number, number, number];
  pixels: number[];
  label: number[];
  part: number[];
  age: (number | null)[];
  sex: string[];
  group: string[];
  expected: Record<
    "brightness" | "contrast" | "sharpness" | "channelMeans" | "channelDeviations" | "classMean" | "classDeviation",
    number[]
  > &
    Record<"min" | "max" | "ageNulls" | "ageMean" | "ageDeviation", number> & {
      perClass: number[][];
      groups: number[];
      ageByClass: number[];
      sexTop: Record<string, number>;
      sexByClass: Record<string, number[]>;
    };
};
const { expected } = golden;
const [rowCount, height, width, channels] = golden.shape;
const classes = ["a", "b", "c"];
const split = Uint8Array.from(golden.part);

const samples: Samples = {
  id: golden.label.map((_, row) => `s${row}`),
  label: Int32Array.from(golden.label),
  part: golden.label.map(() => ""),
  group: golden.group,
  sha256: golden.label.map((_, row) => (row < 2 ? "same" : `h${row}`)),
  columns: { age: golden.age, sex: golden.sex },
};

const dataset: Dataset = {
  formatVersion: 1,
  height,
  width,
  channels,
  dtype: "uint8",
  classes,
  rowCount,
  shards: [],
  samples: { uri: "objects/aa/aa", sha256: "a".repeat(64), sizeBytes: 1, mediaType: "application/vnd.apache.parquet" },
  columns: [
    { name: "age", type: "number" },
    { name: "sex", type: "string" },
  ],
  unreadable: [],
  licence: null,
};

function statisticsOf(order: readonly number[]): ImageStatistics {
  const statistics = new ImageStatistics({ height, width, channels }, 255, rowCount, classCounts(samples.label, 3));
  const size = height * width * channels;
  const pixels = Uint8Array.from(golden.pixels);
  for (const row of order)
    statistics.add(pixels.subarray(row * size, (row + 1) * size), row, samples.label[row]!, split[row] === 0);
  return statistics;
}

const statistics = statisticsOf([...split.keys()]);
const check = { formatVersion: 1 as const, passed: true, results: [] };
const summarize = (task: ExploredDataset) => takeSteps(summarizeDataset(task));
const exploration = summarize({ dataset, samples, split, statistics, map: null, check, labelNoise: null });

function expectClose(received: ArrayLike<number>, wanted: readonly number[], digits: number): void {
  expect(received.length).toBe(wanted.length);
  for (const [i, value] of wanted.entries()) expect(received[i]).toBeCloseTo(value, digits);
}

test.each(["brightness", "contrast", "sharpness"] as const)("measures the %s of each image as numpy does", (name) => {
  expect(statistics.properties[name]).toEqual(Float32Array.from(expected[name]));
});

test("measures channels on the training part only, and mean and deviation image of a class, as numpy does", () => {
  const { channels: found, min, max, constantValues } = exploration.pixels;
  const images = statistics.classImages(1)!;

  expectClose(
    found.map(({ mean }) => mean),
    expected.channelMeans,
    12,
  );
  expectClose(
    found.map(({ deviation }) => deviation),
    expected.channelDeviations,
    12,
  );
  expect([min, max, constantValues]).toEqual([expected.min, expected.max, channels]);
  expectClose(images.mean, expected.classMean, 12);
  expectClose(images.deviation, expected.classDeviation, 7);
});

test("gives the same numbers whatever the order of images", () => {
  const reversed = statisticsOf([...split.keys()].toReversed());

  expect(summarize({ dataset, samples, split, statistics: reversed, map: null, check, labelNoise: null })).toEqual(exploration);
});

test("counts rows, groups and classes of each part as pandas does", () => {
  expect(exploration.balance.parts.map(({ perClass }) => perClass)).toEqual(expected.perClass);
  expect(exploration.balance.parts.map(({ groups }) => groups)).toEqual(expected.groups);
  expect(exploration.balance.unlabeled).toBe(golden.label.filter((label) => label < 0).length);
});

test("profiles columns as pandas does, by class as well", () => {
  const [age, sex] = exploration.columns;

  expect(age).toMatchObject({ type: "number", nulls: expected.ageNulls, hiddenNulls: [] });
  expect(age!.description!.mean).toBeCloseTo(expected.ageMean, 12);
  expect(age!.description!.deviation).toBeCloseTo(expected.ageDeviation, 12);
  expectClose(age!.target.classMeans.map(Number), expected.ageByClass, 12);
  expect(Object.fromEntries(sex!.top.map(({ value, count }) => [value, count]))).toEqual(expected.sexTop);
  expect(Object.fromEntries(sex!.target.table.map(({ value, perClass }) => [value, perClass]))).toEqual(expected.sexByClass);
});

test("finds what hides: nulls written as words, images that are the same, groups in two parts", () => {
  expect(exploration.columns[1]!.hiddenNulls).toEqual([{ value: "unknown", count: expected.sexTop["unknown"] }]);
  expect(exploration.duplicates).toMatchObject({ sets: 1, rows: 2, examples: [[0, 1]] });
  expect(exploration.comparisons.find(({ measure }) => measure === "shared groups")).toMatchObject({
    threshold: 0,
    verdict: "over",
  });
  expect(exploration.alerts.map(({ message }) => message)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Leak: .* share \d+ groups$/),
      expect.stringContaining("hidden nulls, written “unknown”"),
    ]),
  );
  expect(exploration.alerts[0]!.severity).toBe("bad");
});

test("does not say again what a rule has said", () => {
  const result = {
    severity: "warn" as const,
    status: "warned" as const,
    value: 1,
    threshold: 0,
    rowCount: 1,
    rows: [],
    waiver: null,
  };
  const rules = ["missing-values", "hidden-missing-values"].map((rule) => ({ ...result, rule, message: `${rule} it is` }));
  const told = { ...check, results: rules };

  const { alerts } = summarize({
    dataset,
    samples,
    split,
    statistics: statisticsOf([...split.keys()]),
    map: null,
    check: told,
    labelNoise: null,
  });

  expect(alerts.filter(({ section }) => section === "columns").map(({ severity }) => severity)).not.toContain("warn");
  expect(alerts.filter(({ message }) => message.includes("missing")).map(({ section }) => section)).toEqual(["checks", "checks"]);
});

test("conforms to its schema", () => {
  expect(explorationSchema.parse(structuredClone(exploration))).toEqual(exploration);
});

test("picks training rows by seed, not by listing order", () => {
  const picked = pickSamples(samples, split, 3, 4, 5);
  const ids = (rows: readonly number[]) => rows.map((row) => samples.id[row]);
  const backwards = [...split.keys()].toReversed();
  const turned: Samples = { ...samples, id: backwards.map((row) => samples.id[row]!), label: samples.label.toReversed() };

  expect(picked.flat().every((row) => split[row] === 0)).toBe(true);
  expect(pickSamples(turned, split.toReversed(), 3, 4, 5).map((rows) => rows.map((row) => turned.id[row]))).toEqual(
    picked.map(ids),
  );
  expect(pickSamples(samples, split, 3, 4, 6)).not.toEqual(picked);
});

test("picks the most extreme rows first", () => {
  expect(pickExtremes(Float32Array.of(0.5, 0.1, 0.9, 0.3), 2)).toEqual({ lowest: [1, 3], highest: [2, 0] });
});
