import { extent } from "d3-array";
import type { ScaleLinear } from "d3-scale";
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";

import { compact, shorten } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import type { TableData } from "../table.ts";
import type { AxisOptions, Frame } from "./axes.ts";
import { bottomAxis, leftAxis, pixel } from "./axes.ts";
import type { ChartText } from "./figure.ts";
import { figure, lineLegend, seriesClass } from "./figure.ts";

type Point = readonly [number, number];
interface LineAxis extends AxisOptions {
  domain?: readonly [number, number];
  /** What values cannot be beyond: an axis that follows from few of them ends there. */
  limits?: readonly [number, number];
}

export interface LineSeries {
  name: string;
  points: readonly Point[];
  /** Drawn thin and gray, without a name: one of many. */
  isMuted?: boolean;
}

export interface LineChartOptions extends ChartText {
  x: LineAxis;
  y: LineAxis;
  series: readonly LineSeries[];
  /** Shown under the chart; the series' points where absent. */
  data?: TableData;
  /** Dots with tooltips on few points; false for curves, whose points are no measurements of their own. */
  hasDots?: boolean;
  /** A thin line from corner to corner: what chance, or perfection, would draw. */
  hasDiagonal?: boolean;
  /** A vertical line with a word, at an x. */
  marker?: { x: number; label: string };
}

const [width, height] = [400, 260];
/** More points than this are a curve: dots with tooltips would hide it. */
const dotLimit = 60;

/** Lines over a common x; each differs by color and dashes, and bears its name. */
export function lineChart(options: LineChartOptions): Html {
  const named = options.series.filter((series) => !series.isMuted);
  const muted = options.series.filter((series) => series.isMuted);
  const frame: Frame = { left: 46, right: width - 18, top: 30, bottom: height - 36 };
  const all = options.series.flatMap((series) => series.points);
  const x = scaleLinear(options.x.domain ?? domainOf(all.map(([value]) => value)), [frame.left, frame.right]);
  const y = scaleLinear(options.y.domain ?? domainOf(all.map(([, value]) => value)), [frame.bottom, frame.top]);
  if (!options.y.domain) y.nice(5);
  const [least, most] = options.y.limits ?? [-Infinity, Infinity];
  y.domain(y.domain().map((end) => Math.min(most, Math.max(least, end))));
  const marks = html`${bottomAxis(x, frame, options.x)}${leftAxis(y, frame, options.y)}
  ${options.hasDiagonal && html`<line class="diagonal" x1="${frame.left}" y1="${frame.bottom}" x2="${frame.right}" y2="${frame.top}" />`}
  ${options.marker && marker(options.marker, x, frame)}
  ${muted.map((series) => html`<path class="line muted" d="${path(series.points, x, y)}"><title>${series.name}</title></path>`)}
  ${named.map((series, i) => namedLine(series, i, x, y, options))}`;
  return figure({
    ...options,
    width,
    height,
    marks,
    data: options.data ?? pointTable(options),
    ...(named.length > 0 && { legend: lineLegend(named.map((series) => shorten(series.name, 40))) }),
  });
}

function namedLine(
  series: LineSeries,
  i: number,
  x: ScaleLinear<number, number>,
  y: ScaleLinear<number, number>,
  options: LineChartOptions,
): Html {
  const [xText, yText] = [options.x.format ?? compact, options.y.format ?? compact];
  const dots = options.hasDots !== false && series.points.length <= dotLimit ? series.points : [];
  return html`<path class="line ${seriesClass(i)}" d="${path(series.points, x, y)}"><title>${series.name}</title></path>
    ${dots.map(
      ([px, py]) =>
        html`<circle class="dot ${seriesClass(i)}" cx="${pixel(x(px))}" cy="${pixel(y(py))}" r="2.6"
          ><title>${series.name}, ${options.x.label} ${xText(px)}: ${yText(py)}</title></circle
        >`,
    )}`;
}

function marker({ x: at, label }: { x: number; label: string }, x: ScaleLinear<number, number>, frame: Frame): Html {
  const px = pixel(x(at));
  const isRight = px > (frame.left + frame.right) / 2;
  return html`<line class="marker" x1="${px}" x2="${px}" y1="${frame.top}" y2="${frame.bottom}" />
    <text class="tick" x="${isRight ? px - 4 : px + 4}" y="${frame.top + 10}" text-anchor="${isRight ? "end" : "start"}"
      >${label}</text
    >`;
}

function path(points: readonly Point[], x: ScaleLinear<number, number>, y: ScaleLinear<number, number>): string {
  const draw = line<Point>(
    ([px]) => x(px),
    ([, py]) => y(py),
  ).digits(1);
  return draw(points.filter(([px, py]) => Number.isFinite(px) && Number.isFinite(py))) ?? "";
}

/** Smallest to largest, widened where all are equal. */
function domainOf(values: readonly number[]): [number, number] {
  const [low, high] = extent(values.filter(Number.isFinite));
  if (low === undefined || high === undefined) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function pointTable({ x, y, series }: LineChartOptions): TableData {
  const at = new Map<number, (string | null)[]>();
  for (const [i, { points }] of series.entries()) {
    for (const [px, py] of points) {
      const row = at.get(px) ?? series.map(() => null);
      row[i] = (y.format ?? compact)(py);
      at.set(px, row);
    }
  }
  const rows = [...at].sort(([a], [b]) => a - b).map(([px, values]) => [(x.format ?? compact)(px), ...values]);
  return { columns: [x.label, ...series.map(({ name }) => name)], rows };
}
