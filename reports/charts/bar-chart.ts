import { max } from "d3-array";
import type { ScaleLinear } from "d3-scale";
import { scaleLinear } from "d3-scale";

import { compact, dash, longest, shorten } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import type { AxisOptions, Frame } from "./axes.ts";
import { bottomAxis, pixel } from "./axes.ts";
import type { ChartText } from "./figure.ts";
import { areaClass, figure, patchLegend } from "./figure.ts";

export interface Bar {
  label: string;
  /** One value a series, put end to end; null where there is none. */
  values: readonly (number | null)[];
  /** 95 % interval of the whole, drawn as a whisker. */
  interval?: readonly [number, number] | null;
  /** Written behind the bar; the whole where absent. */
  note?: string;
}

export interface BarChartOptions extends ChartText {
  x: AxisOptions & { domain?: readonly [number, number] };
  /** Names of the series, as many as each bar has values. */
  series: readonly string[];
  bars: readonly Bar[];
  /** Heading of the labels in the table. */
  labelTitle: string;
}

const width = 400;
const rowHeight = 22;
const labelLength = 16;
/** Bars drawn; the table under the chart has all. */
const barLimit = 60;

/** Horizontal bars, so that names stay readable; several series are put end to end. */
export function barChart(options: BarChartOptions): Html {
  const format = options.x.format ?? compact;
  const bars = options.bars.slice(0, barLimit);
  const left = 14 + 6.3 * Math.min(labelLength, longest(bars.map((bar) => bar.label)));
  const notes = bars.map((bar) => bar.note ?? format(whole(bar)));
  const right = width - 10 - 6 * longest(notes);
  const frame: Frame = { left, right, top: 6, bottom: 8 + bars.length * rowHeight };
  const largest = max(bars, (bar) => Math.max(whole(bar), bar.interval?.[1] ?? 0)) ?? 1;
  const x = scaleLinear(options.x.domain ?? [0, largest || 1], [frame.left, frame.right]);
  const marks = html`${bottomAxis(x, frame, { tickCount: 4, ...options.x })}
  ${bars.map((bar, row) => barMarks(bar, notes[row] ?? "", frame.top + 2 + row * rowHeight, { x, frame, options }))}`;
  return figure({
    ...options,
    title: options.bars.length > barLimit ? `${options.title} (first ${barLimit} of ${options.bars.length})` : options.title,
    width,
    height: frame.bottom + 36,
    marks,
    data: tableOf(options, format),
    ...(options.series.length > 1 && { legend: patchLegend(options.series) }),
  });
}

interface BarPlace {
  x: ScaleLinear<number, number>;
  frame: Frame;
  options: BarChartOptions;
}

function barMarks(bar: Bar, note: string, y: number, { x, frame, options }: BarPlace): Html {
  const format = options.x.format ?? compact;
  const middle = y + rowHeight / 2;
  let start = 0;
  const segments = bar.values.map((value, i) => {
    const from = start;
    start += value ?? 0;
    const name = options.series.length > 1 ? `${bar.label}, ${options.series[i] ?? ""}` : bar.label;
    return html`<rect
      class="area ${areaClass(i)}"
      x="${pixel(x(from))}"
      y="${y + 4}"
      width="${pixel(Math.max(x(start) - x(from), 0))}"
      height="${rowHeight - 8}"
      ><title>${name}: ${value === null ? dash : format(value)}</title></rect
    >`;
  });
  const end = Math.max(whole(bar), bar.interval?.[1] ?? 0);
  return html`<text class="tick" x="${frame.left - 5}" y="${middle + 4}" text-anchor="end"
      >${shorten(bar.label, labelLength)}<title>${bar.label}</title></text
    >
    ${segments}${bar.interval && whisker(bar.interval, x, middle, format)}
    <text class="tick" x="${pixel(x(end)) + 5}" y="${middle + 4}">${note}</text>`;
}

function whisker(
  [low, high]: readonly [number, number],
  x: ScaleLinear<number, number>,
  y: number,
  format: (value: number) => string,
): Html {
  const [from, to] = [pixel(x(low)), pixel(x(high))];
  return html`<path class="whisker" d="M${from},${y - 4}v8M${to},${y - 4}v8M${from},${y}H${to}"
    ><title>95 % interval: ${format(low)} to ${format(high)}</title></path
  >`;
}

function whole(bar: Bar): number {
  return bar.values.reduce((total: number, value) => total + (value ?? 0), 0);
}

function tableOf({ bars, series, labelTitle }: BarChartOptions, format: (value: number) => string) {
  const hasIntervals = bars.some((bar) => bar.interval);
  const hasNotes = bars.some((bar) => bar.note !== undefined);
  return {
    columns: [labelTitle, ...series, ...(hasIntervals ? ["95 % interval"] : []), ...(hasNotes ? ["note"] : [])],
    rows: bars.map((bar) => [
      bar.label,
      ...bar.values.map((value) => (value === null ? dash : format(value))),
      ...(hasIntervals ? [bar.interval ? `${format(bar.interval[0])} – ${format(bar.interval[1])}` : dash] : []),
      ...(hasNotes ? [bar.note ?? ""] : []),
    ]),
  };
}
