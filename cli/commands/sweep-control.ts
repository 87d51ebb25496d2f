import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { WrongRequest } from "../print-error.ts";
import { printJson, withConvoy } from "../with-convoy.ts";
import { followSweep } from "./sweep.ts";

/** `convoy sweep set ID --parallel N`: changes a sweep while it runs. */
export async function setSweep(
  call: Call<{ sweep: string }, { parallel: number | undefined; trials: string | undefined }>,
): Promise<number> {
  const { options, common, terminal } = call;
  const moreTrials = countOf(options.trials);
  if (options.parallel === undefined && moreTrials === 0)
    throw new WrongRequest("Nothing to change was given", "give --parallel 4 or --trials +20");
  const { sweepId, parameters } = await withConvoy(call, async ({ sweeps }) =>
    sweeps.change(await sweeps.resolveId(call.arguments.sweep), { parallel: options.parallel, moreTrials }),
  );
  const { parallel, trials = null } = parameters;
  if (common.json) printJson(call, { sweepId, parallel, trials });
  else terminal.stdout.write(`${sweepId}\tparallel ${parallel}\ttrials ${trials ?? "as many as there are"}\n`);
  return exitCodes.done;
}

/** `convoy sweep resume ID`: goes on where a sweep ended, and follows it. */
export async function resumeSweep(
  call: Call<{ sweep: string }, { trials: string | undefined; detach: boolean }>,
): Promise<number> {
  const moreTrials = countOf(call.options.trials);
  return withConvoy(call, async (convoy) => {
    const sweepId = await convoy.sweeps.resolveId(call.arguments.sweep);
    await convoy.sweeps.resume(sweepId, { moreTrials });
    if (!call.options.detach) return followSweep(call, convoy, sweepId);
    if (call.common.json) printJson(call, { sweepId, status: "running" });
    else call.terminal.stdout.write(`${sweepId}\n`);
    return exitCodes.done;
  });
}

/** `convoy sweep stop ID`: asks, and returns when the sweep has ended. One that has ended before is left as it is. */
export async function stopSweep(call: Call<{ sweep: string }>): Promise<number> {
  const { common, terminal } = call;
  const { sweepId, status } = await withConvoy(call, async ({ sweeps }) => {
    const id = await sweeps.resolveId(call.arguments.sweep);
    if (!common.quiet) terminal.stderr.write(`Stopping sweep ${id}; its trainings store a checkpoint first.\n`);
    return sweeps.stop(id);
  });
  if (common.json) printJson(call, { sweepId, status });
  else terminal.stdout.write(`${sweepId}\t${status}\n`);
  return exitCodes.done;
}

/** `+20`, or `20`: so many more. */
function countOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const count = /^\+?([1-9][0-9]{0,5})$/.exec(text)?.[1];
  if (count === undefined) throw new WrongRequest(`--trials says how many more, as +20; received ${JSON.stringify(text)}`);
  return Number(count);
}
