import type { LoadedPipeline } from "../../client/pipeline-file.ts";
import { loadPipelineFile } from "../../client/pipeline-file.ts";
import type { Convoy } from "../../client/types.ts";
import type { StageProgress } from "../../ml/run/schema.ts";
import { smokePipeline, smokeUntil } from "../../ml/run/smoke.ts";
import type { Stage } from "../../ml/stages.ts";
import { isBeyond } from "../../ml/stages.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { finishRun } from "../finish-run.ts";
import { follow } from "../follow.ts";
import { bytes, duration, quantity } from "../format.ts";
import { WrongRequest } from "../print-error.ts";
import { progressSink } from "../progress/sinks.ts";
import { showCount } from "../progress/steps.ts";
import { rememberRuns } from "../recent-runs.ts";
import { runCommand } from "../summary.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

interface RunOptions {
  set: readonly string[];
  until: Stage | undefined;
  smoke: boolean;
  detach: boolean;
}

type RunCall = Call<{ file: string }, RunOptions>;

/** `convoy run FILE`: checks the file before anything is started, starts the run, follows it to its end. */
export async function runPipeline(call: RunCall): Promise<number> {
  const { arguments: given, options, common, terminal } = call;
  const loaded = await loadPipelineFile(given.file, { set: options.set, folder: terminal.folder });
  return withConvoy(call, async (convoy) => {
    const runId = await start(call, convoy, loaded);
    await rememberRuns(common.profile, [runId]);
    if (options.detach) return detach(call, runId);
    // A program that reads us gets the id at once, alone on its line; a person sees it in the progress.
    if (!common.json && !terminal.stdout.isTerminal) terminal.stdout.write(`${runId}\n`);
    const asked = { file: given.file, ...options };
    const sink = await progressSink(terminal, common);
    const ended = await follow(call, { convoy, runId, sink, onInterrupt: "stop", resume: runCommand(asked) });
    const { result, code } = await finishRun(call, { convoy, ...ended, asked });
    if (common.json) printJson(call, result);
    return code;
  });
}

async function start(call: RunCall, convoy: Convoy, loaded: LoadedPipeline): Promise<string> {
  const { smoke, until = smoke ? smokeUntil : undefined } = call.options;
  if (smoke && isBeyond(until ?? smokeUntil, smokeUntil))
    throw new WrongRequest(`--smoke registers nothing; --until ${until} would`);
  let latest: StageProgress | undefined;
  const count = showCount(call.terminal, call.common, (seconds) => (latest ? uploadText(latest, seconds) : ""));
  const onUpload = (progress: StageProgress) => {
    latest = progress;
    count.redraw();
  };
  const pipeline = smoke ? smokePipeline(loaded.pipeline) : loaded.pipeline;
  const { runId } = await convoy.startRun({ ...loaded, pipeline, until, onUpload });
  if (latest) count.close();
  return runId;
}

function uploadText({ done, total, unit }: StageProgress, seconds: number): string {
  const amount = unit === "bytes" ? bytes : (value: number) => `${quantity(value)} ${unit}`;
  if (done >= total) return `· data: ${amount(total)} in the store (${duration(seconds)})`;
  const left = done > 0 && seconds > 1 ? `, ${duration(((total - done) / done) * seconds)} left` : "";
  const rate = done > 0 && seconds > 1 ? `, ${amount(done / seconds)}/s` : "";
  return `· data: ${amount(done)} of ${amount(total)} (${Math.floor((100 * done) / total)} %${rate}${left})`;
}

function detach(call: RunCall, runId: string): number {
  if (call.common.json) printJson(call, { runId, status: "running" });
  else call.terminal.stdout.write(`${runId}\n`);
  if (!call.common.quiet) call.terminal.stderr.write(`Follow it: convoy watch ${runId}   Stop it: convoy stop ${runId}\n`);
  return exitCodes.done;
}
