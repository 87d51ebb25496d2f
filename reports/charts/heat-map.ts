import { longest, shorten } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import type { TableData } from "../table.ts";
import type { ChartText } from "./figure.ts";
import { figure } from "./figure.ts";

export interface HeatCell {
  /** How full the cell is, 0 to 1. */
  strength: number;
  /** Which of the two colors: good or bad, positive or negative. */
  tone: "first" | "second";
  /** Written into the cell. */
  text: string;
  tooltip: string;
}

export interface HeatMapOptions extends ChartText {
  rowTitle: string;
  columnTitle: string;
  rows: readonly string[];
  columns: readonly string[];
  /** `cells[row][column]`. */
  cells: readonly (readonly HeatCell[])[];
  data: TableData;
}

const labelLength = 12;
/** From this strength on, ink is that of the page's ground, so that it stands out in both themes. */
const inkTurnsAt = 0.5;

/** A matrix of cells, shaded by strength, with their values written in an ink that stays readable. */
export function heatMap(options: HeatMapOptions): Html {
  const { rows, columns, cells } = options;
  const size = columns.length > 12 ? 26 : columns.length > 4 ? 30 : 52;
  const left = (options.rowTitle === "" ? 10 : 26) + 6.4 * Math.min(labelLength, longest(rows));
  const slanted = longest(columns) > 3;
  const top = slanted ? (options.columnTitle === "" ? 14 : 34) + 4.6 * Math.min(labelLength, longest(columns)) : 42;
  const width = Math.ceil(left + columns.length * size + (slanted ? 40 : 10));
  const marks = html` <text class="label" x="${left + (columns.length * size) / 2}" y="11" text-anchor="middle"
      >${options.columnTitle}</text
    >
    <text
      class="label"
      x="11"
      y="${top + (rows.length * size) / 2}"
      text-anchor="middle"
      transform="rotate(-90 11 ${top + (rows.length * size) / 2})"
      >${options.rowTitle}</text
    >
    ${columns.map((name, column) => columnName(name, left + (column + 0.5) * size, top - 6, slanted))}
    ${rows.map((name, row) => html`<text class="tick" x="${left - 5}" y="${top + (row + 0.5) * size + 4}" text-anchor="end">${shorten(name, labelLength)}<title>${name}</title></text>`)}
    ${cells.map((line, row) => line.map((cell, column) => heatCell(cell, left + column * size, top + row * size, size)))}`;
  return figure({ ...options, width, height: Math.ceil(top + rows.length * size + 8), marks });
}

function columnName(name: string, x: number, y: number, isSlanted: boolean): Html {
  const place = isSlanted ? html`text-anchor="start" transform="rotate(-45 ${x} ${y})"` : html`text-anchor="middle"`;
  return html`<text class="tick" x="${x}" y="${y}" ${place}>${shorten(name, labelLength)}<title>${name}</title></text>`;
}

function heatCell({ strength, tone, text, tooltip }: HeatCell, x: number, y: number, size: number): Html {
  const ink = strength >= inkTurnsAt ? "ink-turned" : "ink";
  const letters = text.length > 4 ? "small" : "normal";
  return html`<g
    ><rect
      class="cell ${tone}"
      x="${x + 0.5}"
      y="${y + 0.5}"
      width="${size - 1}"
      height="${size - 1}"
      fill-opacity="${Math.round(strength * 100) / 100}"
    /><text class="${ink} ${letters}" x="${x + size / 2}" y="${y + size / 2 + 4}" text-anchor="middle">${text}</text
    ><title>${tooltip}</title></g
  >`;
}
