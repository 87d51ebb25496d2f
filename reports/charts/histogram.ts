import { max } from "d3-array";
import { scaleLinear } from "d3-scale";

import { compact, count, percentCompact } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import type { AxisOptions, Frame } from "./axes.ts";
import { bottomAxis, leftAxis, pixel } from "./axes.ts";
import type { ChartText } from "./figure.ts";
import { figure, lineLegend, seriesClass } from "./figure.ts";

export interface HistogramOptions extends ChartText {
  x: AxisOptions;
  /** Ascending; one more than bins. */
  edges: readonly number[];
  /** Counts by bin, one series or several over the same bins (then compared by share, since parts differ in size). */
  series: readonly { name: string; counts: readonly number[] }[];
}

const [width, height] = [400, 220];

/** How often values fall into each bin: filled for one series, outlines over each other for several. */
export function histogram(options: HistogramOptions): Html {
  const { edges, series } = options;
  const isCompared = series.length > 1;
  const totals = series.map(({ counts }) => counts.reduce((sum, value) => sum + value, 0) || 1);
  const heights = series.map(({ counts }, i) => (isCompared ? counts.map((value) => value / (totals[i] ?? 1)) : [...counts]));
  const frame: Frame = { left: 46, right: width - 18, top: 30, bottom: height - 36 };
  const x = scaleLinear([edges[0] ?? 0, edges.at(-1) ?? 1], [frame.left, frame.right]);
  const y = scaleLinear([0, max(heights.flat()) || 1], [frame.bottom, frame.top]).nice(4);
  const valueAxis: AxisOptions = isCompared
    ? { label: "share of images", format: percentCompact, tickCount: 4 }
    : { label: "images", format: count, tickCount: 4 };
  const at = (value: number) => pixel(x(value));
  const range = (bin: number) => `${compact(edges[bin] ?? 0)} to ${compact(edges[bin + 1] ?? 0)}`;
  const filled = (counts: readonly number[]) =>
    counts.map((value, bin) => {
      const [from, to] = [at(edges[bin] ?? 0), at(edges[bin + 1] ?? 0)];
      return html`<rect
        class="area s0"
        x="${from}"
        y="${pixel(y(value))}"
        width="${pixel(Math.max(to - from - 0.6, 0.4))}"
        height="${pixel(frame.bottom - y(value))}"
        ><title>${range(bin)}: ${count(value)}</title></rect
      >`;
    });
  const outline = (shares: readonly number[], i: number) => {
    const steps = shares.map((share, bin) => `V${pixel(y(share))}H${at(edges[bin + 1] ?? 0)}`).join("");
    return html`<path class="line ${seriesClass(i)}" d="M${frame.left},${frame.bottom}${steps}V${frame.bottom}"
      ><title>${series[i]?.name}</title></path
    >`;
  };
  const marks = html`${bottomAxis(x, frame, options.x)}${leftAxis(y, frame, valueAxis)}${isCompared ? heights.map(outline) : filled(heights[0] ?? [])}`;
  return figure({
    ...options,
    width,
    height,
    marks,
    data: {
      columns: [options.x.label, ...series.map(({ name }) => name)],
      rows: edges.slice(0, -1).map((_, bin) => [range(bin), ...series.map(({ counts }) => count(counts[bin] ?? 0))]),
    },
    ...(isCompared && { legend: lineLegend(series.map(({ name }) => name)) }),
  });
}
