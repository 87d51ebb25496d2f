import type { Evaluation } from "../../ml/evaluate/schema.ts";
import type { HeatCell } from "../charts/heat-map.ts";
import { heatMap } from "../charts/heat-map.ts";
import { count, percent } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import { table } from "../table.ts";

/** Classes drawn in one matrix; beyond, the worst of them and a list of the most frequent confusions. */
const matrixLimit = 25;
const listLimit = 12;
/** Matrices of more classes have a row of the page to themselves. */
const besideLimit = 12;

/** Which class is taken for which. */
export function confusions(evaluation: Evaluation): Html {
  const { classes, confusion } = evaluation;
  const shown = worstClasses(confusion, matrixLimit);
  const isPartial = shown.length < classes.length;
  const matrix = heatMap({
    id: "confusion-matrix",
    title: isPartial ? `Confusion matrix of the ${matrixLimit} classes with most mistakes` : "Confusion matrix",
    description: `Rows are true classes, columns predicted ones; of ${count(evaluation.rowCount)} images ${percent(evaluation.accuracy)} lie on the diagonal.`,
    rowTitle: "true class",
    columnTitle: "predicted class",
    rows: shown.map((code) => classes[code] ?? ""),
    columns: shown.map((code) => classes[code] ?? ""),
    cells: shown.map((truth) => shown.map((predicted) => cell(evaluation, truth, predicted))),
    data: matrixTable(evaluation, shown),
  });
  return html`<div class="${shown.length > besideLimit ? "stacked" : "charts"}">
      ${matrix}${classes.length > 2 && mostConfused(evaluation)}
    </div>
    <p class="note">
      Cells hold counts of images; shade is their share of the row's class, stronger than in proportion, so that few mistakes can
      be seen. ${isPartial && `The other ${count(classes.length - matrixLimit)} classes stand in the evaluation's JSON.`}
    </p>`;
}

function cell({ classes, confusion }: Evaluation, truth: number, predicted: number): HeatCell {
  const row = confusion[truth] ?? [];
  const value = row[predicted] ?? 0;
  const share = value / Math.max(1, sum(row));
  return {
    strength: share ** (truth === predicted ? 0.5 : 0.4),
    tone: truth === predicted ? "first" : "second",
    text: value === 0 ? "" : String(value),
    tooltip: `true ${classes[truth] ?? ""}, predicted ${classes[predicted] ?? ""}: ${count(value)} (${percent(share)} of the class)`,
  };
}

function matrixTable({ classes, confusion }: Evaluation, shown: readonly number[]) {
  return {
    columns: ["true \\ predicted", ...shown.map((code) => classes[code] ?? "")],
    rows: shown.map((truth) => [
      classes[truth],
      ...shown.map((predicted) => {
        const row = confusion[truth] ?? [];
        const value = row[predicted] ?? 0;
        return `${value} (${percent(value / Math.max(1, sum(row)))})`;
      }),
    ]),
  };
}

function mostConfused({ classes, confusion }: Evaluation): Html | null {
  const pairs = confusion
    .flatMap((row, truth) => row.map((value, predicted) => ({ truth, predicted, value, share: value / Math.max(1, sum(row)) })))
    .filter(({ truth, predicted, value }) => truth !== predicted && value > 0)
    .sort((a, b) => b.value - a.value || b.share - a.share || a.truth - b.truth || a.predicted - b.predicted)
    .slice(0, listLimit);
  if (pairs.length === 0) return null;
  return html`<div>
    <h3>Most frequent confusions</h3>
    ${table({
      columns: ["true class", "predicted as", "images", "of the class"],
      rows: pairs.map(({ truth, predicted, value, share }) => [classes[truth], classes[predicted], count(value), percent(share)]),
    })}
  </div>`;
}

/** All classes in their order where they fit; else those that take part in most mistakes, in their order. */
function worstClasses(confusion: readonly (readonly number[])[], limit: number): number[] {
  const mistakes = confusion.map((row, code) => {
    const column = confusion.map((other) => other[code] ?? 0);
    return sum(row) + sum(column) - 2 * (row[code] ?? 0);
  });
  return mistakes
    .map((value, code) => ({ value, code }))
    .sort((a, b) => b.value - a.value || a.code - b.code)
    .slice(0, limit)
    .map(({ code }) => code)
    .sort((a, b) => a - b);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
