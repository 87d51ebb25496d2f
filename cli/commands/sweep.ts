import { loadPipelineFile } from "../../client/pipeline-file.ts";
import type { Convoy } from "../../client/types.ts";
import type { SweepRecord, SweepStatus } from "../../ml/sweep-record/schema.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { Leave } from "../print-error.ts";
import { sweepResult } from "../sweep-result.ts";
import { sweepNews, trialColumns, verdict } from "../sweep-text.ts";
import { printTable } from "../table.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

/** `convoy sweep FILE`: checks the file before anything is started, starts the sweep, follows it to its end. */
export async function startSweep(call: Call<{ file: string }, { set: readonly string[]; detach: boolean }>): Promise<number> {
  const { arguments: given, options, common, terminal } = call;
  const loaded = await loadPipelineFile(given.file, { set: options.set, folder: terminal.folder });
  return withConvoy(call, async (convoy) => {
    const { sweepId } = await convoy.sweeps.start(loaded);
    if (options.detach) {
      if (common.json) printJson(call, { sweepId, status: "running" });
      else terminal.stdout.write(`${sweepId}\n`);
      return exitCodes.done;
    }
    return followSweep(call, convoy, sweepId);
  });
}

/** Follows a sweep and prints what came of it. Ctrl-C asks it to stop; a second one leaves. */
export async function followSweep(call: Call, convoy: Convoy, sweepId: string): Promise<number> {
  const { common, terminal } = call;
  const { stderr } = terminal;
  const leaving = new AbortController();
  const end = terminal.onInterrupt((kind, count) => {
    if (kind === "hangup" || count > 1) return leaving.abort();
    stderr.write(`Stopping sweep ${sweepId}; its trainings store a checkpoint first (Ctrl-C again leaves at once).\n`);
    convoy.sweeps
      .stop(sweepId, leaving.signal)
      .catch((error: unknown) => stderr.write(`It could not be asked to stop: ${String(error)}\n`));
  });
  let record: SweepRecord | null = null;
  try {
    for await (const now of convoy.sweeps.watch(sweepId, leaving.signal)) {
      if (!common.quiet) for (const line of sweepNews(record, now, stderr.colors)) stderr.write(`${line}\n`);
      record = now;
    }
  } finally {
    end();
  }
  if (leaving.signal.aborted || record === null) throw new Leave(exitCodes.interrupted);
  const result = await sweepResult(record, convoy);
  if (!common.quiet) stderr.write(`\n${verdict(result)}\n`);
  if (common.json) printJson(call, result);
  else await printTable(terminal.stdout, trialColumns(result), result.trials);
  return exitCodeOf(record.status);
}

function exitCodeOf(status: SweepStatus): number {
  if (status === "stopped") return exitCodes.cancelled;
  return status === "failed" || status === "terminated" ? exitCodes.failed : exitCodes.done;
}
