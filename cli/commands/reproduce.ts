import type { RunComparison } from "../../client/compare-runs.ts";
import { isReproduced } from "../../ml/run/verdict.ts";
import { causes, differenceColumns, verdictColumns, verdictText } from "../comparison-text.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { finishRun } from "../finish-run.ts";
import { follow } from "../follow.ts";
import { progressSink } from "../progress/sinks.ts";
import { rememberRuns } from "../recent-runs.ts";
import { printTable } from "../table.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

type ReproduceCall = Call<{ run: string }, { exact: boolean; code: "original" | "current" | undefined }>;

/** `convoy reproduce RUN`: does it again, follows like `run`, and ends with the verdict. */
export async function reproduceRun(call: ReproduceCall): Promise<number> {
  const { options, common, terminal } = call;
  return withConvoy(call, async (convoy) => {
    const original = await convoy.resolveRunId(call.arguments.run);
    const { runId, buildId } = await convoy.reproduceRun(original, { code: options.code ?? "original" });
    await rememberRuns(common.profile, [runId]);
    if (!common.quiet)
      terminal.stderr.write(`Run ${runId} does run ${original} again, from its record alone, in build ${buildId}.\n`);
    const sink = await progressSink(terminal, common);
    const resume = `convoy reproduce ${original}`;
    const ended = await follow(call, { convoy, runId, sink, onInterrupt: "stop", resume });
    const { result, code } = await finishRun(call, { convoy, ...ended });
    const isOver = result.status === "done" || result.status === "failed";
    const comparison = isOver ? await convoy.compareRuns(original, runId) : null;
    if (common.json) printJson(call, { ...result, reproduces: original, buildId, comparison });
    else if (comparison) await printVerdict(call, comparison);
    if (!comparison) return code;
    return isReproduced(comparison.results, options.exact) ? exitCodes.done : exitCodes.failed;
  });
}

async function printVerdict(call: ReproduceCall, comparison: RunComparison): Promise<void> {
  const { stdout, stderr } = call.terminal;
  const { results, runs } = comparison;
  stderr.write(`\nVerdict: ${verdictText(results, stderr.colors)}\n`);
  await printTable(stdout, verdictColumns(stdout.colors), results.stages);
  if (results.firstDifference === null) return;
  const found = causes(comparison);
  if (found.length === 0) stderr.write("\nNothing that is recorded of environment, code, data and parameters differs.\n");
  else stderr.write("\nWhat differs in environment, code, data and parameters:\n");
  await printTable(stderr, differenceColumns("CAUSE", runs), found);
}
