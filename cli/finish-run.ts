import type { Convoy, LogLine, RunView } from "../client/types.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import type { Call } from "./define-command.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { logLineText } from "./log-line.ts";
import { reportStage } from "../client/report-stage.ts";
import type { RunResult } from "../client/run-result.ts";
import { runResult } from "../client/run-result.ts";
import type { AskedRun } from "./summary.ts";
import { summaryText } from "./summary.ts";

const shownLogLines = 20;

interface Finished {
  convoy: Convoy;
  view: RunView;
  isInterrupted: boolean;
  /** How the run was asked for; absent where it is only watched. */
  asked?: AskedRun;
}

/**
 * Tells people how a followed run ended: the failed stage's last log lines, then the summary.
 *
 * @returns what `--json` prints, and the exit code
 */
export async function finishRun(call: Call, finished: Finished): Promise<{ result: RunResult; code: number }> {
  const { convoy, view, isInterrupted, asked } = finished;
  const { record } = view;
  const { stderr } = call.terminal;
  const failed = record.stages.find((stage) => stage.status === "failed");
  if ((record.status === "failed" || record.status === "waiting") && failed) {
    // The error itself is the summary's to tell.
    const isTold = ({ fields }: LogLine) => failed.error !== null && String(fields["error"]).endsWith(failed.error.message);
    const lines = (await lastLogLines(convoy, record, failed.name)).filter((line) => !isTold(line));
    if (lines.length > 0) stderr.write(`\n${stderr.colors.bold(`Last log lines of ${failed.name}`)}\n`);
    for (const line of lines) stderr.write(`${logLineText(line, stderr.colors)}\n`);
  }
  const result = runResult(record, await reportOf(convoy, record));
  stderr.write(
    `\n${summaryText({ record, result, colors: stderr.colors, advice: !call.common.quiet, ...(asked ? { asked } : {}) })}`,
  );
  if (record.status === "waiting") stderr.write(`\nThe run waits for an operator. Let it go on: convoy retry ${record.runId}\n`);
  return { result, code: isInterrupted && record.status === "cancelled" ? exitCodes.interrupted : exitCodeOf(record.status) };
}

async function lastLogLines(convoy: Convoy, { runId }: RunRecord, stage: string): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  try {
    for await (const line of convoy.logs(runId, { stage, follow: false })) {
      lines.push(line);
      if (lines.length > shownLogLines) lines.shift();
    }
  } catch (error) {
    // The run's own error is what matters; a log that cannot be read must not hide it.
    lines.push({
      time: "",
      level: "warn",
      runId,
      stage,
      attempt: 0,
      message: `logs cannot be read: ${String(error)}`,
      fields: {},
    });
  }
  return lines;
}

/** The page that says most of the run. A report that cannot be fetched is no reason to hide the metrics. */
async function reportOf(convoy: Convoy, record: RunRecord): Promise<string | null> {
  const stage = reportStage(record);
  return stage && convoy.reportPath(record.runId, stage).catch(() => null);
}
