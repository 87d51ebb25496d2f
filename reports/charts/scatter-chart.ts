import { extent } from "d3-array";
import { scaleLinear } from "d3-scale";

import { compact } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import type { TableData } from "../table.ts";
import type { AxisOptions, Frame } from "./axes.ts";
import { bottomAxis, leftAxis, pixel } from "./axes.ts";
import type { ChartText } from "./figure.ts";
import { areaClass, colorCount, figure, patchLegend } from "./figure.ts";

export interface ScatterPoint {
  x: number;
  y: number;
  label: string;
}

export interface ScatterOptions extends ChartText {
  x: AxisOptions;
  y: AxisOptions;
  series: readonly { name: string; points: readonly ScatterPoint[] }[];
  /** Shown under the chart; all points where absent. */
  data?: TableData;
}

const [width, height] = [400, 280];

/** Points of two values each, colored by series; their names stand in tooltips and in the table. */
export function scatterChart(options: ScatterOptions): Html {
  const points = options.series.flatMap((series) => series.points);
  const frame: Frame = { left: 46, right: width - 18, top: 30, bottom: height - 36 };
  const x = scaleLinear(spread(points.map((point) => point.x)), [frame.left, frame.right]).nice(5);
  const y = scaleLinear(spread(points.map((point) => point.y)), [frame.bottom, frame.top]).nice(5);
  const marks = html`${bottomAxis(x, frame, options.x)}${leftAxis(y, frame, options.y)}
  ${options.series.map((series, i) => series.points.map((point) => mark(point, i, x(point.x), y(point.y), options)))}`;
  return figure({
    ...options,
    width,
    height,
    marks,
    data: options.data ?? {
      columns: ["name", "series", options.x.label, options.y.label],
      rows: options.series.flatMap(({ name, points: own }) =>
        own.map((point) => [point.label, name, compact(point.x), compact(point.y)]),
      ),
    },
    ...(options.series.length > 1 &&
      options.series.length <= colorCount && { legend: patchLegend(options.series.map(({ name }) => name)) }),
  });
}

/** A dot of the series' color; of more series than there are colors, the first letters of its name. */
function mark(point: ScatterPoint, i: number, px: number, py: number, { series }: ScatterOptions): Html {
  const title = `${point.label}: ${compact(point.x)}, ${compact(point.y)}`;
  const place = [pixel(px), pixel(py)] as const;
  if (series.length <= colorCount) {
    return html`<circle class="area ${areaClass(i)}" cx="${place[0]}" cy="${place[1]}" r="3"><title>${title}</title></circle>`;
  }
  const letters = Array.from(series[i]?.name ?? "")
    .slice(0, 2)
    .join("");
  return html`<text class="glyph ${areaClass(i)}" x="${place[0]}" y="${place[1] + 3}" text-anchor="middle"
    >${letters}<title>${title}</title></text
  >`;
}

function spread(values: readonly number[]): [number, number] {
  const [low = 0, high = 1] = extent(values);
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}
