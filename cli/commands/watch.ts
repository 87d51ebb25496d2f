import type { RunView } from "../../client/types.ts";
import type { Call } from "../define-command.ts";
import { finishRun } from "../finish-run.ts";
import { follow } from "../follow.ts";
import { RunEvents } from "../progress/run-events.ts";
import type { ProgressSink } from "../progress/sinks.ts";
import { progressSink } from "../progress/sinks.ts";
import { withConvoy } from "../with-convoy.ts";

const jsonProgressMs = 1_000;

/** `convoy watch [RUN]`: the progress of a run that goes on elsewhere; under `--json` its events as NDJSON. */
export async function watchRun(call: Call<{ run: string | undefined }>): Promise<number> {
  const { common, terminal } = call;
  return withConvoy(call, async (convoy) => {
    const runId = await convoy.resolveRunId(call.arguments.run ?? "latest");
    const sink = common.json ? jsonSink(call) : await progressSink(terminal, common);
    const ended = await follow(call, { convoy, runId, sink, onInterrupt: "leave" });
    const { result, code } = await finishRun(call, { convoy, ...ended });
    if (common.json) writeLine(call, { type: "result", ...result });
    return code;
  });
}

function jsonSink(call: Call): ProgressSink {
  const events = new RunEvents({ progressEveryMs: jsonProgressMs });
  return {
    show(view: RunView) {
      for (const event of events.next(view, call.terminal.now())) writeLine(call, event);
    },
    close: () => {},
    say: (text) => call.terminal.stderr.write(`${text}\n`),
  };
}

function writeLine({ terminal }: Call, { type, ...rest }: { type: string }): void {
  terminal.stdout.write(`${JSON.stringify({ type, time: new Date(terminal.now()).toISOString(), ...rest })}\n`);
}
