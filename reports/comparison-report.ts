import type { RunsSideBySide, SeenRun } from "../ml/run/side-by-side.ts";
import type { LineSeries } from "./charts/line-chart.ts";
import { lineChart } from "./charts/line-chart.ts";
import { compact, count, dash, decimal, percentCompact } from "./format.ts";
import type { Html } from "./html.ts";
import { html } from "./html.ts";
import { page } from "./page.ts";
import { table } from "./table.ts";

/** Several runs over each other: metrics with intervals, what was set otherwise, and their learning curves. */
export function comparisonReport(compared: RunsSideBySide): string {
  const { runs } = compared;
  const names = runs.map(({ runId }) => runId);
  return page({
    title: `${runs.length} runs compared`,
    subtitle: [...new Set(runs.map(({ pipeline }) => pipeline))].join(", "),
    summary: warnings(compared),
    sections: [
      { id: "metrics", title: "Metrics", body: metricsSection(compared) },
      { id: "settings", title: "Settings that differ", body: settingsSection(compared) },
      { id: "curves", title: "Learning curves", body: curvesSection(runs) },
    ],
    footer: html`convoy compare ${names.join(" ")}`,
  });
}

function warnings({ isSameTest, runs }: RunsSideBySide): Html {
  const unfinished = runs.filter(({ status }) => status !== "done").map(({ runId, status }) => `${runId} is ${status}`);
  return html`${
    !isSameTest &&
    html`<p class="verdict bad">
      <strong>Not one test part.</strong> These runs were tested on different images: their test metrics cannot be compared.
    </p>`
  }
  ${unfinished.length > 0 && html`<p class="note">${unfinished.join(", ")}.</p>`}`;
}

function metricsSection({ runs, metrics }: RunsSideBySide): Html {
  const rows = metrics.map(({ name, values }) => [
    name,
    ...values.map((cell) => {
      if (cell === null) return dash;
      const range = cell.interval ? ` (${decimal(cell.interval[0])}–${decimal(cell.interval[1])})` : "";
      return `${decimal(cell.value, 4)}${range}`;
    }),
  ]);
  return html`${table({ columns: ["metric", ...runs.map(({ runId }) => runId)], rows })}
    <p class="note">
      In brackets 95 % intervals, each run's own. Overlapping intervals do not mean that two runs are equal, nor that they differ;
      promotion compares answers image by image.
    </p>`;
}

function settingsSection({ runs, settings }: RunsSideBySide): Html {
  if (settings.length === 0) return html`<p>None: the same pipeline with every default written out.</p>`;
  const say = (value: unknown) => (value === undefined ? dash : JSON.stringify(value));
  return table({
    columns: ["setting", ...runs.map(({ runId }) => runId)],
    rows: settings.map(({ key, values }) => [key, ...values.map(say)]),
  });
}

function curvesSection(runs: readonly SeenRun[]): Html {
  const charts = (["loss", "accuracy"] as const).flatMap((metric) =>
    (["train", "validation"] as const).map((part) => ({ metric, part, series: curves(runs, part, metric) })),
  );
  const drawn = charts.filter(({ series }) => series.some(({ points }) => points.length > 0));
  if (drawn.length === 0) return html`<p>None of them trained.</p>`;
  return html`<div class="charts">
    ${drawn.map(({ metric, part, series }) =>
      lineChart({
        id: `${part}-${metric}`,
        title: `${part === "train" ? "Training" : "Validation"} ${metric}`,
        description: `${metric} of the ${part} part by epoch, a line a run.`,
        x: { label: "epoch", format: count },
        y: { label: metric, ...(metric === "loss" ? { format: compact } : { format: percentCompact, limits: [0, 1] }) },
        series,
      }),
    )}
  </div>`;
}

function curves(runs: readonly SeenRun[], part: "train" | "validation", metric: "loss" | "accuracy"): LineSeries[] {
  return runs.map(({ runId, epochs }) => ({
    name: runId,
    points: epochs.flatMap((record) => {
      const measured = record[part];
      return measured === null ? [] : [[record.epoch, measured[metric]] as const];
    }),
  }));
}
