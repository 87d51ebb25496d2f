import type { RunView } from "../../client/types.ts";
import type { CommonOptions } from "../define-command.ts";
import type { Terminal } from "../terminal.ts";
import { eventLine } from "./event-lines.ts";
import { RunEvents } from "./run-events.ts";

/** Where the views of a run go while it is followed. */
export interface ProgressSink {
  show(view: RunView): void;
  /** Leaves the last state on screen. */
  close(): void;
  /** A line of text for a person, above or below what is drawn. */
  say(text: string): void;
}

const frameMs = 100;
const plainProgressMs = 30_000;

/** Redraws in place on a terminal, writes a line an event elsewhere, and nothing where asked for quiet. */
export async function progressSink(terminal: Terminal, common: CommonOptions): Promise<ProgressSink> {
  if (common.quiet) return { show: () => {}, close: () => {}, say: (text) => terminal.stderr.write(`${text}\n`) };
  return terminal.stderr.isLive && terminal.stderr.stream ? liveSink(terminal, terminal.stderr.stream) : plainSink(terminal);
}

function plainSink(terminal: Terminal): ProgressSink {
  const events = new RunEvents({ progressEveryMs: plainProgressMs });
  let startedMs: number | undefined;
  return {
    show(view) {
      const nowMs = terminal.now();
      startedMs ??= nowMs;
      for (const event of events.next(view, nowMs)) {
        // A stage that is over in seconds needs no progress in a log.
        if (event.type === "progress" && nowMs - startedMs < plainProgressMs) continue;
        terminal.stderr.write(`${eventLine(event, terminal.stderr.colors)}\n`);
      }
    },
    close: () => {},
    say: (text) => terminal.stderr.write(`${text}\n`),
  };
}

async function liveSink(terminal: Terminal, stream: NodeJS.WriteStream): Promise<ProgressSink> {
  const [{ createLogUpdate }, { LiveView }] = await Promise.all([import("log-update"), import("./live-view.ts")]);
  const draw = createLogUpdate(stream);
  const live = new LiveView();
  let latest: RunView | undefined;
  const said: string[] = [];
  const redraw = () => {
    if (!latest) return;
    const { columns, colors } = terminal.stderr;
    draw([...live.lines(latest, { columns, colors, nowMs: terminal.now() }), ...said].join("\n"));
  };
  // The timer draws, not the views: however many come, at most ten frames a second; and the clock goes on while nothing comes.
  const timer = setInterval(redraw, frameMs);
  return {
    show(view) {
      if (!latest) {
        latest = view;
        redraw();
      }
      latest = view;
    },
    close() {
      clearInterval(timer);
      redraw();
      draw.done();
    },
    say(text) {
      said.push(text);
      redraw();
    },
  };
}
