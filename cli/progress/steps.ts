import type { CommonOptions } from "../define-command.ts";
import type { Terminal } from "../terminal.ts";

/** Lines that say what is being started, before there is a run to draw. Silent where asked for quiet; never the same line twice in a row. */
export function showSteps({ stderr }: Terminal, { quiet }: CommonOptions): (line: string) => void {
  let last = "";
  return (line) => {
    if (quiet || line === last) return;
    last = line;
    stderr.write(`${stderr.colors.dim("·")} ${line}\n`);
  };
}

/** Shows how far one long thing is: redrawn on a terminal, a line at the start and the end elsewhere. */
export function showCount(
  { stderr, now }: Terminal,
  { quiet }: CommonOptions,
  line: (seconds: number) => string,
): { redraw: () => void; close: () => void } {
  const startedMs = now();
  let drawnMs = -Infinity;
  let isDrawn = false;
  const seconds = () => (now() - startedMs) / 1000;
  const redraw = () => {
    if (quiet || !stderr.isLive || now() - drawnMs < 100) return;
    drawnMs = now();
    isDrawn = true;
    stderr.write(`\r\u001B[2K${line(seconds()).slice(0, stderr.columns - 1)}`);
  };
  const close = () => {
    if (quiet) return;
    stderr.write(`${isDrawn ? "\r\u001B[2K" : ""}${line(seconds())}\n`);
  };
  return { redraw, close };
}
