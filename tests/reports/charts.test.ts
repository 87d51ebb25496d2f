import { expect, test } from "vitest";

import { barChart } from "../../reports/charts/bar-chart.ts";
import { heatMap } from "../../reports/charts/heat-map.ts";
import { histogram } from "../../reports/charts/histogram.ts";
import { lineChart } from "../../reports/charts/line-chart.ts";
import { reliabilityChart } from "../../reports/charts/reliability-chart.ts";
import { scatterChart } from "../../reports/charts/scatter-chart.ts";
import { count } from "../../reports/format.ts";
import type { Html } from "../../reports/html.ts";

const words = { id: "chart", title: "A <title>", description: "What there is to see." };

const charts: Record<string, () => Html> = {
  lines: () =>
    lineChart({
      ...words,
      x: { label: "epoch" },
      y: { label: "loss" },
      series: [
        {
          name: "train",
          points: [
            [1, 0.5],
            [2, 0.25],
          ],
        },
      ],
    }),
  "a line of one point": () =>
    lineChart({ ...words, x: { label: "epoch" }, y: { label: "loss" }, series: [{ name: "train", points: [[1, 0.5]] }] }),
  "no lines": () => lineChart({ ...words, x: { label: "epoch" }, y: { label: "loss" }, series: [] }),
  bars: () =>
    barChart({
      ...words,
      x: { label: "error" },
      series: ["error"],
      labelTitle: "class",
      bars: [
        { label: "cat", values: [0.5], interval: [0.25, 0.75] },
        { label: "dog", values: [null] },
      ],
    }),
  "no bars": () => barChart({ ...words, x: { label: "error" }, series: ["error"], labelTitle: "class", bars: [] }),
  histograms: () => histogram({ ...words, x: { label: "age" }, edges: [0, 10, 20], series: [{ name: "age", counts: [3, 4] }] }),
  "compared histograms": () =>
    histogram({
      ...words,
      x: { label: "age" },
      edges: [0, 10, 20],
      series: [
        { name: "train", counts: [3, 4] },
        { name: "test", counts: [0, 0] },
      ],
    }),
  "heat maps": () =>
    heatMap({
      ...words,
      rowTitle: "true",
      columnTitle: "predicted",
      rows: ["a"],
      columns: ["a"],
      cells: [[{ strength: 1, tone: "first", text: "7", tooltip: "7 of 7" }]],
      data: { columns: ["", "a"], rows: [["a", 7]] },
    }),
  "reliability diagrams": () =>
    reliabilityChart({
      ...words,
      bins: [
        { confidence: null, accuracy: null, count: 0 },
        { confidence: 0.8, accuracy: 0.5, count: 4 },
      ],
    }),
  scatters: () =>
    scatterChart({
      ...words,
      x: { label: "rate" },
      y: { label: "score" },
      series: [{ name: "runs", points: [{ x: 1, y: 2, label: "one" }] }],
    }),
};

test.each(Object.keys(charts))("draws %s without a broken number, a style, or an unescaped word", (name) => {
  const { markup } = charts[name]!();

  expect(markup).not.toMatch(/NaN|undefined|Infinity|style=|<title>A <title>/);
  expect(markup).toContain('aria-labelledby="chart-title chart-description"');
  expect(markup).toContain("A &lt;title&gt;");
  expect(markup.length).toBeLessThan(60_000);
});

test("puts the points of a line where its axes say", () => {
  const { markup } = charts["lines"]!();

  expect(markup).toMatch(/<path\s+class="line s0"\s+d="M46,30L382,224"/);
});

test("has whole numbers alone on an axis of counts", () => {
  const series = [{ name: "best", points: [1, 2, 3].map((trial) => [trial, 0.5] as const) }];
  const { markup } = lineChart({ ...words, x: { label: "trial", format: count }, y: { label: "accuracy" }, series });
  const ticks = [...markup.matchAll(/class="tick" x="([\d.]+)" y="238"[^>]*>(\d+)</g)].map(([, x, text]) => [Number(x), text]);

  expect(ticks).toEqual([
    [46, "1"],
    [214, "2"],
    [382, "3"],
  ]);
});

test("ends an axis of shares at 100 %, however few points there are", () => {
  const y = { label: "accuracy", format: (value: number) => `${(100 * value).toFixed(0)} %` };
  const ticks = (limits: object) => {
    const chart = lineChart({
      ...words,
      x: { label: "epoch" },
      y: { ...y, ...limits },
      series: [{ name: "train", points: [[1, 0.8]] }],
    });
    return [...chart.markup.matchAll(/>(\d+) %</g)].map(([, number]) => Number(number));
  };

  expect(Math.max(...ticks({}))).toBeGreaterThan(100);
  expect(Math.max(...ticks({ limits: [0, 1] }))).toBe(100);
});

test("turns the ink of strong cells, so that numbers stay readable", () => {
  expect(charts["heat maps"]!().markup).toContain('class="ink-turned');
});

test("draws the first 60 bars and keeps all in the table", () => {
  const bars = Array.from({ length: 80 }, (_, i) => ({ label: `class ${i}`, values: [i] }));

  const { markup } = barChart({ ...words, x: { label: "n" }, series: ["n"], labelTitle: "class", bars });

  expect(markup.match(/<rect/g)).toHaveLength(60);
  expect(markup).toContain("(first 60 of 80)");
  expect(markup).toContain("class 79");
});
