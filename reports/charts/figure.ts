import type { Html } from "../html.ts";
import { html } from "../html.ts";
import type { TableData } from "../table.ts";
import { table } from "../table.ts";

export interface ChartText {
  /** Unique in its page; letters, digits and dashes. */
  id: string;
  title: string;
  /** What there is to see, in one sentence, for those who do not see it. */
  description: string;
}

interface FigureOptions extends ChartText {
  width: number;
  height: number;
  marks: Html;
  data: TableData;
  legend?: Html;
}

/** Wider charts scroll; narrower ones are not blown up to a column's width. */
const [wideFrom, narrowBelow] = [480, 380];

/**
 * A chart with its words: title and description for screen readers, the numbers as a table under it.
 * Charts are drawn about as wide as a phone, so that their letters stay readable there; wider ones scroll.
 */
export function figure({ id, title, description, width, height, marks, data, legend }: FigureOptions): Html {
  const size =
    width > wideFrom
      ? html`width="${width}" class="wide"`
      : width < narrowBelow
        ? html`width="${Math.round(width * 1.15)}" class="natural"`
        : html`class="fitting"`;
  return html`<figure class="chart" id="${id}">
    <figcaption>${title}</figcaption>
    <div class="plot" ${width > wideFrom && html` tabindex="0" role="region" aria-label="${title}"`}>
      <svg viewBox="0 0 ${width} ${height}" ${size} role="img" aria-labelledby="${id}-title ${id}-description">
        <title id="${id}-title">${title}</title>
        <desc id="${id}-description">${description}</desc>
        ${marks}
      </svg>
    </div>
    ${legend}
    <details>
      <summary>Data</summary>
      ${table(data, title)}
    </details>
  </figure>`;
}

/** Names of the series with their line as drawn. */
export function lineLegend(names: readonly string[]): Html {
  return html`<ul class="legend">
    ${names.map(
      (name, i) =>
        html`<li>
          <svg width="26" height="10" aria-hidden="true"><line class="line ${seriesClass(i)}" x1="1" x2="25" y1="5" y2="5" /></svg
          >${name}
        </li>`,
    )}
  </ul>`;
}

/** Names of the series with a patch of their color. */
export function patchLegend(names: readonly string[]): Html {
  return html`<ul class="legend">
    ${names.map(
      (name, i) =>
        html`<li>
          <svg width="12" height="12" aria-hidden="true"><rect class="area ${areaClass(i)}" width="12" height="12" /></svg>${name}
        </li>`,
    )}
  </ul>`;
}

/** The five colors and dashes that lines and dots have, over again from the sixth series on. */
export function seriesClass(series: number): string {
  return `s${series % 5}`;
}

/** Colors that areas have before they begin again. */
export const colorCount = 8;

/** Areas have three colors more, since they need no dashes. */
export function areaClass(series: number): string {
  return `s${series % colorCount}`;
}
