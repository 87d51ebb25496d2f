import type { RetryAnswer } from "../../client/types.ts";
import type { Stage } from "../../ml/stages.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { finishRun } from "../finish-run.ts";
import { follow } from "../follow.ts";
import { progressSink } from "../progress/sinks.ts";
import { rememberRuns } from "../recent-runs.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

interface RetryCallOptions {
  from: Stage | undefined;
  set: readonly string[];
  code: "original" | "current" | undefined;
  detach: boolean;
}

/** `convoy retry RUN`: says what is kept and what runs, then follows like `run`. */
export async function retryRun(call: Call<{ run: string }, RetryCallOptions>): Promise<number> {
  const { options, common, terminal } = call;
  return withConvoy(call, async (convoy) => {
    const retried = await convoy.resolveRunId(call.arguments.run);
    const { from, set, code } = options;
    const answer = await convoy.retryRun(retried, { from, set, code });
    const { runId } = answer;
    await rememberRuns(common.profile, [runId]);
    if (!common.quiet) terminal.stderr.write(answerText(answer, retried));
    const { runId: _, ...facts } = answer;
    if (options.detach) {
      if (common.json) printJson(call, { runId, status: "running", retried, ...facts });
      else terminal.stdout.write(`${runId}\n`);
      return exitCodes.done;
    }
    if (!common.json && !terminal.stdout.isTerminal) terminal.stdout.write(`${runId}\n`);
    const sink = await progressSink(terminal, common);
    const ended = await follow(call, { convoy, runId, sink, onInterrupt: "stop", resume: `convoy retry ${runId}` });
    const { result, code: exitCode } = await finishRun(call, { convoy, ...ended });
    if (common.json) printJson(call, { ...result, retried, ...facts });
    return exitCode;
  });
}

/** What is kept and why, what runs, and in which code: always shown. */
export function answerText({ runId, isSameRun, pinned, runs, lost, checkpoint, buildId }: RetryAnswer, retried: string): string {
  if (isSameRun) return `Run ${runId} goes on at ${runs.join(", ")}, in build ${buildId}.\n`;
  const makers = [...new Set(pinned.map(({ madeBy }) => madeBy))];
  const changed = pinned.filter(({ codeChanged }) => codeChanged).map(({ stage }) => stage);
  const stagesOf = (maker: string) => pinned.filter(({ madeBy }) => madeBy === maker).map(({ stage }) => stage);
  const lines = [
    `Run ${runId} retries ${retried} in build ${buildId}.`,
    ...makers.map((maker) => `  kept      ${stagesOf(maker).join(", ")} (made by run ${maker})`),
    ...(changed.length > 0
      ? [`  ! made by other code than this build's: ${changed.join(", ")}; --from ${changed[0]} makes them anew`]
      : []),
    ...lost.map(
      ({ stage, artifacts }) => `  ! lost      ${stage}: ${artifacts.slice(0, 3).join(", ")} gone from the store; made again`,
    ),
    `  to do     ${runs.join(", ")}`,
    ...(checkpoint ? [`  training goes on from the checkpoint of epoch ${checkpoint.epoch} of run ${checkpoint.runId}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}
