import { isDumbTerminal } from "./paths.mjs";

const redrawMs = 100;

/**
 * Shows what the components do: one line each, redrawn in place on a terminal; elsewhere one plain line when a component starts
 * and one when it is done. Says nothing until there is something to say.
 * @param {NodeJS.WriteStream} stream
 * @returns {{onEvent: (event: InstallEvent) => void, finish: () => void}}
 * @typedef {{component: string, title: string, state: "working" | "ready" | "failed" | "stopped", detail?: string, bytes?: number,
 *   totalBytes?: number, seconds: number}} InstallEvent
 */
export function showProgress(stream) {
  const isTerminal = stream.isTTY && !isDumbTerminal();
  return isTerminal ? liveProgress(stream) : plainProgress(stream);
}

function plainProgress(stream) {
  const started = new Map();
  return {
    onEvent(event) {
      const phase = event.state === "working" ? event.detail : event.state;
      if (started.get(event.component) === phase) return; // same phase, more bytes
      started.set(event.component, phase);
      stream.write(`${lineFor({ ...event, bytes: event.state === "working" ? undefined : event.bytes })}\n`);
    },
    finish() {},
  };
}

function liveProgress(stream) {
  const lines = new Map();
  let drawn = 0;
  let lastDraw = 0;
  const draw = () => {
    lastDraw = Date.now();
    const width = (stream.columns || 80) - 1;
    const text = [...lines.values()].map((line) => `\u001B[2K${line.slice(0, width)}\n`).join("");
    stream.write(`${drawn > 0 ? `\u001B[${drawn}A` : ""}${text}`);
    drawn = lines.size;
  };
  return {
    onEvent(event) {
      lines.set(event.component, lineFor(event));
      if (event.state !== "working" || Date.now() - lastDraw > redrawMs) draw();
    },
    finish() {
      if (lines.size > 0) draw();
    },
  };
}

function lineFor({ title, state, detail, bytes, totalBytes, seconds }) {
  const name = title.padEnd(18);
  if (state === "stopped") return `${name}  stopped: it needs the npm packages`;
  if (state === "failed") return `${name}  failed after ${seconds} s`;
  if (state === "ready") {
    const facts = [bytes && `${megabytes(bytes)} on disk`, detail].filter(Boolean).join(", ");
    return `${name}  ready in ${seconds} s${facts ? ` (${facts})` : ""}`;
  }
  if (totalBytes === undefined) return `${name}  ${detail}`;
  return `${name}  ${detail} ${bytes === undefined ? "" : `${megabytes(Math.min(bytes, totalBytes))} of `}${megabytes(totalBytes)}`;
}

function megabytes(bytes) {
  return `${Math.round(bytes / 1e6).toLocaleString("en-US")} MB`;
}
