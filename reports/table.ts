import type { Html, HtmlValue } from "./html.ts";
import { html } from "./html.ts";

/** Rows of a table; numbers and what looks like them stand to the right. */
export interface TableData {
  columns: readonly string[];
  rows: readonly (readonly HtmlValue[])[];
}

/** A table that scrolls by itself where the page is narrow; the first column is the row's heading. */
export function table({ columns, rows }: TableData, caption?: string): Html {
  const numeric = columns.map((_, column) => rows.length > 0 && rows.every((row) => isNumeric(row[column])));
  const align = (column: number) => (column > 0 && numeric[column] ? "number" : "text");
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption ?? columns.join(", ")}">
    <table>
      ${
        caption &&
        html`<caption>
          ${caption}
        </caption>`
      }
      <thead>
        <tr>
          ${columns.map((name, column) => html`<th scope="col" class="${align(column)}">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, column) => tableCell(cell, column, align(column)))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Longer values, such as hashes, have a line to themselves. */
const longValue = 40;

/** Names and values side by side. */
export function facts(entries: readonly (readonly [string, HtmlValue])[]): Html {
  const width = (value: HtmlValue) => (typeof value === "string" && value.length > longValue ? "long" : "short");
  return html`<dl class="facts">
    ${entries.map(
      ([name, value]) =>
        html`<div class="${width(value)}">
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function tableCell(cell: HtmlValue, column: number, align: string): Html {
  return column === 0
    ? html`<th scope="row" class="${align}">${cell}</th>`
    : html`<td class="${isProse(cell) ? "prose" : align}">${cell}</td>`;
}

/** Sentences get room, so that a narrow page scrolls sideways instead of showing a word a line. */
function isProse(cell: HtmlValue): boolean {
  return typeof cell === "string" && cell.length > 30;
}

function isNumeric(cell: HtmlValue): boolean {
  return (
    typeof cell === "number" ||
    (typeof cell === "string" && /^[-–+]?[\d.,]*(–[\d.,]+)?( %|e[-+]\d+)?( \([\d.,]+ %\))?$/.test(cell))
  );
}
