import { extent } from "d3-array";
import { scaleLinear } from "d3-scale";

import { compact } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import type { AxisOptions, Frame } from "./axes.ts";
import { bottomAxis, leftAxis, pixel } from "./axes.ts";
import type { ChartText } from "./figure.ts";
import { figure, patchLegend, seriesClass } from "./figure.ts";

export interface ScatterOptions extends ChartText {
  x: AxisOptions;
  y: AxisOptions;
  series: readonly { name: string; points: readonly { x: number; y: number; label: string }[] }[];
}

const [width, height] = [400, 280];

/** Points of two values each, colored by series; their names stand in tooltips and in the table. */
export function scatterChart(options: ScatterOptions): Html {
  const points = options.series.flatMap((series) => series.points);
  const frame: Frame = { left: 46, right: width - 18, top: 30, bottom: height - 36 };
  const x = scaleLinear(spread(points.map((point) => point.x)), [frame.left, frame.right]).nice(5);
  const y = scaleLinear(spread(points.map((point) => point.y)), [frame.bottom, frame.top]).nice(5);
  const marks = html`${bottomAxis(x, frame, options.x)}${leftAxis(y, frame, options.y)}
  ${options.series.map((series, i) =>
    series.points.map(
      (point) =>
        html`<circle class="dot ${seriesClass(i)}" cx="${pixel(x(point.x))}" cy="${pixel(y(point.y))}" r="3"
          ><title>${point.label}: ${compact(point.x)}, ${compact(point.y)}</title></circle
        >`,
    ),
  )}`;
  return figure({
    ...options,
    width,
    height,
    marks,
    data: {
      columns: ["name", "series", options.x.label, options.y.label],
      rows: options.series.flatMap(({ name, points: own }) =>
        own.map((point) => [point.label, name, compact(point.x), compact(point.y)]),
      ),
    },
    ...(options.series.length > 1 && { legend: patchLegend(options.series.map(({ name }) => name)) }),
  });
}

function spread(values: readonly number[]): [number, number] {
  const [low = 0, high = 1] = extent(values);
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}
