import { choiceText } from "../ml/sweep/choice-text.ts";
import { scaleOf, unitOf, valueFromUnit } from "../ml/sweep/space.ts";
import type { Scale } from "../ml/sweep/space.ts";
import { objectiveOf, signOf } from "../ml/sweep/observations.ts";
import type { Trial } from "../ml/sweep/schema.ts";
import type { SweepRecord } from "../ml/sweep-record/schema.ts";
import { monitorName } from "../ml/train/monitor.ts";
import { barChart } from "./charts/bar-chart.ts";
import { lineChart } from "./charts/line-chart.ts";
import type { ParallelAxis } from "./charts/parallel-coordinates.ts";
import { endTicks, parallelCoordinates } from "./charts/parallel-coordinates.ts";
import { compact, count, dash, decimal, percent } from "./format.ts";
import type { Html } from "./html.ts";
import { html } from "./html.ts";
import { page } from "./page.ts";
import { facts, table } from "./table.ts";

export interface SweepReport {
  record: SweepRecord;
  /** Objective by epoch, by trial. */
  curves: readonly { number: number; points: readonly (readonly [number, number])[] }[];
  /** The largest first. */
  importances: readonly { key: string; importance: number }[];
}

/** A sweep as one page: the best, how it was found, and what mattered. */
export function sweepReport(report: SweepReport): string {
  const { record } = report;
  const { sweepId, pipeline, parameters, trials, epochs } = record;
  const { name: pruner } = parameters.prune;
  return page({
    title: `Sweep ${pipeline.name}`,
    subtitle: `${sweepId}: ${parameters.algorithm}${pruner === "none" ? "" : ` with ${pruner}`}, ${count(trials.length)} trials, ${count(epochs)} epochs`,
    summary: summary(record),
    sections: [
      { id: "progress", title: "Best so far", body: progress(record) },
      { id: "importance", title: "What mattered", body: importance(report) },
      { id: "points", title: "Every trial", body: points(record) },
      { id: "curves", title: "Learning curves", body: curves(report) },
      { id: "trials", title: "Table", body: trialTable(record) },
    ],
    footer: html`Made by convoy for sweep ${sweepId}. Values are of the validation part; trials have no test metrics. This page
    needs no network and runs no script.`,
  });
}

function summary(record: SweepRecord): Html {
  const { best, trials, status, reason } = record;
  const winner = best === null ? undefined : trials[best - 1];
  if (!winner) return html`<p>No trial has a value yet.</p>`;
  return facts([
    [`best validation ${monitorName(objectiveOf(record))}`, `${decimal(winner.value, 4)}${spread(winner)}`],
    ["trial", String(winner.number)],
    ...Object.entries(winner.parameters).map(([key, value]) => [key, text(value)] as const),
    ["sweep", reason === null ? status : `${status}: ${reason}`],
  ]);
}

function progress(record: SweepRecord): Html {
  const sign = signOf(record);
  const valued = record.trials.filter(hasValue);
  let best = Infinity;
  const line = valued.map(({ number, value }): [number, number] => {
    best = Math.min(best, sign * value);
    return [number, sign * best];
  });
  return lineChart({
    id: "best-so-far",
    title: `Best validation ${monitorName(objectiveOf(record))} so far`,
    description: "The best value of all trials up to each one, and each trial's own.",
    x: { label: "trial", format: count },
    y: { label: monitorName(objectiveOf(record)) },
    series: [
      { name: "best so far", points: line },
      { name: "each trial", points: valued.map(({ number, value }) => [number, value] as const) },
    ],
  });
}

function importance({ importances }: SweepReport): Html {
  if (importances.length === 0) return html`<p>More trials with different values are needed to tell.</p>`;
  return html`${barChart({
      id: "importances",
      title: "Share of the variance that each key explains by itself",
      description: `${importances[0]?.key ?? ""} matters most.`,
      x: { label: "importance", format: (value) => percent(value, 0), domain: [0, 1] },
      series: ["importance"],
      bars: importances.map(({ key, importance: share }) => ({ label: key, values: [share], note: percent(share) })),
      labelTitle: "key",
    })}
    <p class="note">Functional ANOVA over a random forest. Keys that not every trial has are left out.</p>`;
}

function points(record: SweepRecord): Html {
  const { parameters, trials, best } = record;
  const valued = trials.filter(hasValue);
  const values = valued.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const scales = Object.entries(parameters.space).map(([key, dimension]) => ({ key, scale: scaleOf(dimension) }));
  return parallelCoordinates({
    id: "parallel-coordinates",
    title: "Values and what came of them",
    description: "One line a trial through its values to its objective; the best in color.",
    axes: [
      ...scales.map(({ key, scale }) => axisOf(key, scale)),
      { name: monitorName(objectiveOf(record)), ticks: endTicks(low, high) },
    ],
    lines: valued.map(({ number, parameters: point, value }) => ({
      name: `trial ${number}`,
      places: [
        ...scales.map(({ key, scale }) => (point[key] === undefined ? null : unitOf(scale, point[key]))),
        high === low ? 0.5 : (value - low) / (high - low),
      ],
      values: [...scales.map(({ key }) => (point[key] === undefined ? dash : text(point[key]))), decimal(value, 4)],
      isBest: number === best,
    })),
  });
}

function axisOf(key: string, scale: Scale): ParallelAxis {
  if (scale.kind === "choice")
    return { name: key, ticks: scale.values.map((value) => ({ at: unitOf(scale, value), label: text(value) })) };
  return { name: key, ticks: endTicks(Number(valueFromUnit(scale, 0)), Number(valueFromUnit(scale, 1))) };
}

function curves({ curves: all, record }: SweepReport): Html {
  return lineChart({
    id: "learning-curves",
    title: `Validation ${monitorName(objectiveOf(record))} by epoch`,
    description: "One line a trial, its first execution; the best has its name.",
    x: { label: "epoch", format: count },
    y: { label: monitorName(objectiveOf(record)) },
    series: all
      .filter(({ points: own }) => own.length > 0)
      .map(({ number, points: own }) => ({ name: `trial ${number}`, points: own, isMuted: number !== record.best })),
  });
}

function trialTable(record: SweepRecord): Html {
  const keys = Object.keys(record.parameters.space);
  return table({
    columns: ["trial", "status", monitorName(objectiveOf(record)), "±", "epochs", ...keys, "why"],
    rows: record.trials.map((trial) => [
      String(trial.number),
      trial.status,
      decimal(trial.value, 4),
      decimal(trial.deviation, 4),
      count(trial.executions.reduce((sum, { epochs }) => sum + epochs, 0)),
      ...keys.map((key) => (trial.parameters[key] === undefined ? dash : text(trial.parameters[key]))),
      trial.explanation.text,
    ]),
  });
}

function hasValue(trial: Trial): trial is Trial & { value: number } {
  return trial.value !== null;
}

function spread({ deviation }: Trial): string {
  return deviation === null ? "" : ` ± ${decimal(deviation, 4)}`;
}

function text(value: unknown): string {
  return typeof value === "number" ? compact(value) : choiceText(value);
}
