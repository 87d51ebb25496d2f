import { expect, test } from "vitest";

import { sliceScores, wilsonInterval } from "../../../ml/evaluate/slice-scores.ts";

const rows = Array.from({ length: 100 }, (_, row) => row);

/** Right on all rows but the first forty, where every second answer is wrong. */
const truths = Int32Array.from(rows, (row) => row % 2);
const predictions = Int32Array.from(rows, (row) => (row < 40 ? 0 : row % 2));

test("names the slice that is answered worse than the whole, first", () => {
  const [worst, ...rest] = sliceScores({
    truths,
    predictions,
    classCount: 2,
    columns: { place: rows.map((row) => (row < 40 ? "north" : "south")) },
  });

  expect(worst).toMatchObject({ column: "place", value: "north", rows: 40, accuracy: 0.5, balancedAccuracy: 0.5, isWorse: true });
  expect(rest).toEqual([expect.objectContaining({ value: "south", accuracy: 1, isWorse: false })]);
});

test("cuts numbers of many values at their quartiles, every row in one slice, missing ones apart", () => {
  const age = rows.map((row) => (row < 20 ? null : row));

  const slices = sliceScores({ truths, predictions, classCount: 2, columns: { age } });

  expect(Object.fromEntries(slices.map(({ value, rows: count }) => [value, count]))).toEqual(
    Object.fromEntries([
      ["(missing)", 20],
      ["20 to below 39.75", 20],
      ["39.75 to below 59.5", 20],
      ["59.5 to below 79.25", 20],
      ["79.25 to 99", 20],
    ]),
  );
});

test("leaves out names, columns of one value and slices of few rows", () => {
  const columns = {
    id: rows.map((row) => `id ${row}`),
    site: rows.map(() => "one"),
    rare: rows.map((row) => (row < 19 ? "few" : "many")),
  };

  expect(sliceScores({ truths, predictions, classCount: 2, columns }).map(({ value }) => value)).toEqual(["many"]);
});

// statsmodels 0.15: proportion_confint(81, 263, method="wilson") and (0, 20, method="wilson")
test("gives Wilson's intervals", () => {
  const [low, high] = wilsonInterval(81, 263);

  expect(low).toBeCloseTo(0.2553, 4);
  expect(high).toBeCloseTo(0.3662, 4);
  expect(wilsonInterval(0, 20)[0]).toBe(0);
  expect(wilsonInterval(0, 20)[1]).toBeCloseTo(0.1611, 4);
});
