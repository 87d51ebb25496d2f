import type { ScaleLinear } from "d3-scale";

import { compact, count } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";

/** Where the plot lies in its picture, in pixels of the view box. */
export interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface AxisOptions {
  label: string;
  format?: ((value: number) => string) | undefined;
  tickCount?: number | undefined;
}

/** Horizontal axis under the plot. */
export function bottomAxis(
  scale: ScaleLinear<number, number>,
  frame: Frame,
  { label, format = compact, tickCount = 6 }: AxisOptions,
): Html {
  const marks = ticks(scale, tickCount, format).map((tick) => {
    const x = pixel(scale(tick));
    return html`<line class="grid" x1="${x}" x2="${x}" y1="${frame.top}" y2="${frame.bottom}" />
      <text class="tick" x="${x}" y="${frame.bottom + 14}" text-anchor="middle">${format(tick)}</text>`;
  });
  const middle = pixel((frame.left + frame.right) / 2);
  return html`${marks}<text class="label" x="${middle}" y="${frame.bottom + 29}" text-anchor="middle">${label}</text>`;
}

/** Vertical axis left of the plot, its name above it, where it needs no turned letters. */
export function leftAxis(
  scale: ScaleLinear<number, number>,
  frame: Frame,
  { label, format = compact, tickCount = 5 }: AxisOptions,
): Html {
  const marks = ticks(scale, tickCount, format).map((tick) => {
    const y = pixel(scale(tick));
    return html`<line class="grid" x1="${frame.left}" x2="${frame.right}" y1="${y}" y2="${y}" />
      <text class="tick" x="${frame.left - 5}" y="${y + 3.5}" text-anchor="end">${format(tick)}</text>`;
  });
  return html`${marks}<text class="label" x="${2}" y="${frame.top - 13}">${label}</text>`;
}

/** Coordinates to a tenth of a pixel: finer is not seen and costs bytes. */
export function pixel(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Of an axis of counts the whole numbers alone; of others, ticks that read alike are left out but for the first. */
function ticks(scale: ScaleLinear<number, number>, tickCount: number, format: (value: number) => string): number[] {
  const all = scale.ticks(tickCount);
  if (format === count) return all.filter(Number.isInteger);
  return all.filter((tick, i) => all.findIndex((other) => format(other) === format(tick)) === i);
}
