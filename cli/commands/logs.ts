import type { Convoy, LogLine } from "../../client/types.ts";
import type { Stage } from "../../ml/stages.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { logLineText } from "../log-line.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

interface LogsOptions {
  stage: Stage | undefined;
  attempt: number | undefined;
  follow: boolean;
}

/** `convoy logs RUN`: lines on stdout, since they are the data; `-f` goes on until the run ends or Ctrl-C. */
export async function showLogs(call: Call<{ run: string }, LogsOptions>): Promise<number> {
  const { options, common, terminal } = call;
  const leaving = new AbortController();
  const end = terminal.onInterrupt(() => leaving.abort());
  try {
    await withConvoy(call, async (convoy) => {
      const runId = await convoy.resolveRunId(call.arguments.run);
      const filter = options.stage === undefined ? {} : { stage: options.stage };
      const all: LogLine[] = [];
      let isEmpty = true;
      const lines = convoy.logs(runId, { ...filter, follow: options.follow, signal: leaving.signal });
      for await (const line of ofAttempt(untilAborted(lines, leaving.signal), options.attempt)) {
        isEmpty = false;
        if (common.json && !options.follow) all.push(line);
        else terminal.stdout.write(`${common.json ? JSON.stringify(line) : logLineText(line, terminal.stdout.colors)}\n`);
      }
      if (common.json && !options.follow) printJson(call, all);
      if (isEmpty && !common.quiet && !leaving.signal.aborted)
        terminal.stderr.write(await whyEmpty(convoy, runId, options.stage));
    });
  } finally {
    end();
  }
  return leaving.signal.aborted ? exitCodes.interrupted : exitCodes.done;
}

async function* ofAttempt(lines: AsyncIterable<LogLine>, attempt: number | undefined): AsyncIterable<LogLine> {
  for await (const line of lines) if (attempt === undefined || line.attempt === attempt) yield line;
}

/** A reused stage logged in the run that made its result. */
async function whyEmpty(convoy: Convoy, runId: string, stage: Stage | undefined): Promise<string> {
  const { record } = await convoy.viewRun(runId);
  const makers = record.stages
    .filter(({ name }) => stage === undefined || name === stage)
    .flatMap(({ reusedFrom }) => reusedFrom ?? []);
  const [maker] = makers;
  const filter = stage === undefined ? "" : ` --stage ${stage}`;
  return maker === undefined
    ? "There are no log lines (yet).\n"
    : `There are no log lines; the result was made by: convoy logs ${maker}${filter}\n`;
}

/** Ends at once when the person leaves, even where the source waits for its next line. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncIterable<T> {
  const aborted = new Promise<{ done: true; value: undefined }>((resolve) =>
    signal.addEventListener("abort", () => resolve({ done: true, value: undefined }), { once: true }),
  );
  const iterator = source[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([iterator.next(), aborted]);
    if (next.done) return;
    yield next.value;
  }
}
