import type { ColumnProfile, Exploration } from "../../ml/explore/schema.ts";
import { barChart } from "../charts/bar-chart.ts";
import { heatMap } from "../charts/heat-map.ts";
import { histogram } from "../charts/histogram.ts";
import { compact, count, decimal, percent } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import { table } from "../table.ts";

/** Bars of more classes cannot be told apart. */
const stackLimit = 8;

/**
 * The user's columns: what is in them, and how the class hangs together with each.
 * @param by names of those by which the classes are shown; null = all
 */
export function columnsSection(exploration: Exploration, by: readonly string[] | null): Html {
  const { columns, rowCount } = exploration;
  if (columns.length === 0) return html`<p>The source has no columns besides the label.</p>`;
  return html`${table({
      columns: ["column", "type", "missing", "hidden", "unique", "mean", "deviation", "min", "median", "max", "class tells"],
      rows: columns.map((column) => profileRow(column, rowCount)),
    })}
    <p class="note">
      Hidden: values that mean nothing is known. Class tells: Cramér's V (bias-corrected) of words, eta² of numbers with the
      class, 0 to 1.
    </p>
    <div class="charts flow">${columns.map((column, i) => columnChart(column, i))}</div>
    ${targetSection(exploration, by)} ${correlationSection(exploration)}`;
}

function profileRow({ name, type, nulls, hiddenNulls, unique, description, target }: ColumnProfile, rowCount: number): string[] {
  const hidden = hiddenNulls.reduce((total, entry) => total + entry.count, 0);
  const numbers = [description?.mean, description?.deviation, description?.min, description?.quartiles[1], description?.max];
  return [
    name,
    type,
    nulls === 0 ? "0" : `${count(nulls)} (${percent(nulls / rowCount)})`,
    hidden === 0 ? "0" : `${count(hidden)}: ${hiddenNulls.map(({ value }) => `“${value}”`).join(", ")}`,
    count(unique),
    ...numbers.map((value) => compact(value ?? null)),
    decimal(target.value, 2),
  ];
}

function columnChart(column: ColumnProfile, i: number): Html | null {
  const { name, description, histogram: bins, top, unique } = column;
  if (description && bins) {
    return histogram({
      id: `column-${i}`,
      title: name,
      description: `${count(description.count)} values from ${compact(description.min)} to ${compact(description.max)}, median ${compact(description.quartiles[1])}.`,
      x: { label: name },
      edges: bins.edges,
      series: [{ name, counts: bins.counts }],
    });
  }
  if (top.length === 0 || top[0]?.count === 1) return null;
  return barChart({
    id: `column-${i}`,
    title: unique > top.length ? `${name}, the ${top.length} most frequent of ${count(unique)} values` : name,
    description: `How often each value of ${name} occurs.`,
    x: { label: "images", format: count, tickCount: 4 },
    series: ["images"],
    labelTitle: name,
    bars: top.map(({ value, count: rows }) => ({ label: value === "" ? "(empty)" : value, values: [rows] })),
  });
}

function targetSection({ columns, classes }: Exploration, by: readonly string[] | null): Html {
  const charts = columns.flatMap((column, i) => {
    if (by !== null && !by.includes(column.name)) return [];
    if (column.target.table.length > 1 && classes.length <= stackLimit) return [shareChart(column, classes, i)];
    if (column.target.classMeans.some((mean) => mean !== null)) return [meanChart(column, classes, i)];
    return [];
  });
  return charts.length === 0
    ? html``
    : html`<h3>Class by column</h3>
        <div class="charts flow">${charts}</div>`;
}

function shareChart({ name, target }: ColumnProfile, classes: readonly string[], i: number): Html {
  return barChart({
    id: `target-${i}`,
    title: `Classes by ${name} (Cramér's V ${decimal(target.value, 2)})`,
    description: `Shares of the classes among the images of each value of ${name}.`,
    x: { label: "share of images", format: (value) => percent(value, 0), tickCount: 4, domain: [0, 1] },
    series: classes,
    labelTitle: name,
    bars: target.table.map(({ value, perClass }) => {
      const rows = perClass.reduce((total, entry) => total + entry, 0);
      return {
        label: value === "" ? "(empty)" : value,
        values: perClass.map((entry) => entry / Math.max(1, rows)),
        note: `n ${count(rows)}`,
      };
    }),
  });
}

function meanChart({ name, target }: ColumnProfile, classes: readonly string[], i: number): Html {
  const isPositive = target.classMeans.every((mean) => mean === null || mean >= 0);
  if (!isPositive) {
    return table({
      columns: ["class", `mean ${name}`],
      rows: classes.map((label, code) => [label, compact(target.classMeans[code] ?? null)]),
    });
  }
  return barChart({
    id: `target-${i}`,
    title: `Mean ${name} by class (eta² ${decimal(target.value, 2)})`,
    description: `Mean of ${name} over the images of each class.`,
    x: { label: `mean ${name}`, tickCount: 4 },
    series: [name],
    labelTitle: "class",
    bars: classes.map((label, code) => ({ label, values: [target.classMeans[code] ?? null] })),
  });
}

function correlationSection({ correlations: { names, values } }: Exploration): Html | null {
  if (names.length < 2) return null;
  return html`<h3>Correlations</h3>
    ${heatMap({
      id: "correlations",
      title: "How strongly columns hang together",
      description: "Pearson's r of numbers, Cramér's V of words, correlation ratio eta of one with the other.",
      rowTitle: "",
      columnTitle: "",
      rows: names,
      columns: names,
      cells: values.map((row, i) =>
        row.map((value, j) => ({
          strength: Math.abs(value ?? 0),
          tone: (value ?? 0) < 0 ? "second" : "first",
          text: value === null ? "–" : value.toFixed(2).replace(/^(-?)0\./, "$1."),
          tooltip: `${names[i] ?? ""}, ${names[j] ?? ""}: ${decimal(value)}`,
        })),
      ),
      data: { columns: ["column", ...names], rows: values.map((row, i) => [names[i], ...row.map((value) => decimal(value))]) },
    })}`;
}
