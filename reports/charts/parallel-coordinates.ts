import { compact, shorten } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import { pixel } from "./axes.ts";
import type { ChartText } from "./figure.ts";
import { figure } from "./figure.ts";

export interface ParallelAxis {
  name: string;
  /** Written at the axis, from its lower to its upper end: at 0 and 1, or evenly. */
  ticks: readonly { at: number; label: string }[];
}

export interface ParallelLine {
  name: string;
  /** Where it crosses each axis, 0 at the lower end to 1; null where it has no value. */
  places: readonly (number | null)[];
  /** What it has at each axis, as text. */
  values: readonly string[];
  isBest: boolean;
}

export interface ParallelCoordinatesOptions extends ChartText {
  axes: readonly ParallelAxis[];
  lines: readonly ParallelLine[];
}

const axisGap = 130;
/** Room for half of the longest name over the first and the last axis. */
const margin = 75;
const height = 240;
const [top, bottom] = [34, height - 14];
/** Lines drawn; the table under the chart has all. */
const lineLimit = 300;

/** One line a trial, crossing one axis a key and the objective's; the best in color. */
export function parallelCoordinates(options: ParallelCoordinatesOptions): Html {
  const { axes, lines } = options;
  const width = Math.max(400, 2 * margin + axisGap * (axes.length - 1));
  const x = (axis: number) => margin + axis * axisGap;
  const y = (place: number) => bottom - place * (bottom - top);
  const drawn = lines.slice(0, lineLimit).toSorted((a, b) => Number(a.isBest) - Number(b.isBest));
  const marks = html`${axes.map((axis, index) => axisMarks(axis, x(index), y))}
  ${drawn.map(
    (line) =>
      html`<path class="line ${line.isBest ? "s0" : "muted"}" d="${path(line.places, x, y)}"><title>${line.name}</title></path>`,
  )}`;
  const data = { columns: ["trial", ...axes.map(({ name }) => name)], rows: lines.map(({ name, values }) => [name, ...values]) };
  return figure({ ...options, width, height, marks, data });
}

function axisMarks({ name, ticks }: ParallelAxis, x: number, y: (place: number) => number): Html {
  return html`<line class="grid" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}" />
    <text class="label" x="${x}" y="${top - 18}" text-anchor="middle">${shorten(name, 18)}<title>${name}</title></text>
    ${ticks.map(({ at, label }) => html`<text class="tick" x="${x + 5}" y="${pixel(y(at) + 3.5)}">${shorten(label, 12)}</text>`)}`;
}

/** Parts of a line without a value are left out. */
function path(places: readonly (number | null)[], x: (axis: number) => number, y: (place: number) => number): string {
  let isDrawing = false;
  return places
    .flatMap((place, axis) => {
      const command = isDrawing ? "L" : "M";
      isDrawing = place !== null;
      return place === null ? [] : [`${command}${x(axis)},${pixel(y(place))}`];
    })
    .join("");
}

/** Ticks at the ends of a range of numbers. */
export function endTicks(low: number, high: number): ParallelAxis["ticks"] {
  return [
    { at: 0, label: compact(low) },
    { at: 1, label: compact(high) },
  ];
}
