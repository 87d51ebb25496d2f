import { expect, test } from "vitest";

import { importancesOf } from "../../ml/sweep/importance.ts";
import { sweepReport } from "../../reports/sweep-report.ts";
import { aSweep, simulate } from "../support/simulate-sweep.ts";

const space = {
  "train.optimizer.name": ["sgd", "<script>"],
  rate: { float: [1e-4, 1], log: true },
  momentum: { float: [0, 1], when: { "train.optimizer.name": "sgd" } },
};
const { record } = simulate(
  aSweep({ sweep: { space, objective: "accuracy", trials: 12, algorithm: "random" } }),
  ({ point }) => -Math.log10(Number(point["rate"])),
);
const curves = record.trials.map(({ number, value }) => ({
  number,
  points: [
    [1, 0.1],
    [2, value!],
  ] as const,
}));
const page = sweepReport({ record, curves, importances: importancesOf(record) });

test("the page of a sweep shows the best, its importance, each trial in parallel coordinates, its curves and a table", () => {
  const best = record.trials[record.best! - 1]!;

  expect(page).toContain(`<dd>${best.value!.toFixed(4)}</dd>`);
  for (const id of ["best-so-far", "importances", "parallel-coordinates", "learning-curves"])
    expect(page).toContain(`id="${id}"`);
  expect(page.match(/<title>trial \d+<\/title>/g)?.length).toBeGreaterThanOrEqual(24); // a line a trial, here and there
  expect(page).toContain("1.0e-4");
  expect(page).toContain("drawn by chance");
});

test("the line of a trial is left out where it has no value, and values are text, never markup", () => {
  const [charted = ""] = /<figure class="chart" id="parallel-coordinates">.*?<\/figure>/s.exec(page) ?? [];

  expect(charted).not.toContain("NaN");
  expect(page).not.toContain("<script>");
  expect(page).toContain("&lt;script&gt;");
});

test("a sweep without a trial has a page, too", () => {
  const empty = sweepReport({ record: aSweep({ sweep: { space } }), curves: [], importances: [] });

  expect(empty).toContain("No trial has a value yet");
  expect(empty).not.toContain("NaN");
  expect(empty).not.toContain("Infinity");
});
