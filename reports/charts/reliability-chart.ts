import { max } from "d3-array";
import { scaleLinear } from "d3-scale";

import { count, dash, decimal, percent } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import type { Frame } from "./axes.ts";
import { bottomAxis, leftAxis, pixel } from "./axes.ts";
import type { ChartText } from "./figure.ts";
import { figure } from "./figure.ts";

export interface ReliabilityOptions extends ChartText {
  /** Equal bins of confidence from 0 to 1. */
  bins: readonly { confidence: number | null; accuracy: number | null; count: number }[];
}

const [chartWidth, chartHeight] = [400, 300];

/** Bins of fewer answers are drawn pale: their accuracy is chance. */
const fewAnswers = 10;

/** Accuracy by confidence with the line of perfect calibration; below, how many answers each bin has. */
export function reliabilityChart(options: ReliabilityOptions): Html {
  const { bins } = options;
  const frame: Frame = { left: 46, right: chartWidth - 18, top: 30, bottom: chartHeight - 84 };
  const x = scaleLinear([0, 1], [frame.left, frame.right]);
  const y = scaleLinear([0, 1], [frame.bottom, frame.top]);
  const largest = max(bins, (bin) => bin.count) || 1;
  const binWidth = (frame.right - frame.left) / bins.length;
  const marks = html`${bottomAxis(x, frame, { label: "", format: percent0 })}${leftAxis(y, frame, { label: "accuracy", format: percent0 })}
    <line class="diagonal" x1="${frame.left}" y1="${frame.bottom}" x2="${frame.right}" y2="${frame.top}" />
    ${bins.map((bin, i) => binMarks(bin, frame.left + i * binWidth, binWidth, bin.accuracy === null ? null : y(bin.accuracy), frame, largest))}
    <text class="label" x="${(frame.left + frame.right) / 2}" y="${chartHeight - 4}" text-anchor="middle"
      >confidence; below, answers per bin</text
    >`;
  return figure({
    ...options,
    width: chartWidth,
    height: chartHeight,
    marks,
    data: {
      columns: ["confidence bin", "answers", "mean confidence", "accuracy"],
      rows: bins.map((bin, i) => [
        `${decimal(i / bins.length, 2)}–${decimal((i + 1) / bins.length, 2)}`,
        count(bin.count),
        bin.confidence === null ? dash : decimal(bin.confidence),
        bin.accuracy === null ? dash : decimal(bin.accuracy),
      ]),
    },
  });
}

function binMarks(
  bin: ReliabilityOptions["bins"][number],
  left: number,
  width: number,
  top: number | null,
  frame: Frame,
  largest: number,
): Html {
  const tooltip = `${count(bin.count)} answers, confidence ${percent(bin.confidence)}, accuracy ${percent(bin.accuracy)}`;
  const rows = (bin.count / largest) * 34;
  return html`<g
    ><title>${tooltip}</title
    >${top !== null && html`<rect class="area ${bin.count < fewAnswers ? "s0 few" : "s0"}" x="${pixel(left + 1)}" y="${pixel(top)}" width="${pixel(width - 2)}" height="${pixel(frame.bottom - top)}" />`}<rect
      class="area counts"
      x="${pixel(left + 1)}"
      y="${pixel(frame.bottom + 24)}"
      width="${pixel(width - 2)}"
      height="${pixel(rows)}"
  /></g>`;
}

function percent0(value: number): string {
  return percent(value, 0);
}
