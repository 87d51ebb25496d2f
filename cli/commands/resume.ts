import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

/** `convoy resume RUN [--gpu CLASS]`: returns as soon as it goes on. */
export async function resumeRun(call: Call<{ run: string }, { gpu: string | undefined }>): Promise<number> {
  const { common, terminal, options } = call;
  const { runId, stages } = await withConvoy(call, async (convoy) => {
    const id = await convoy.resolveRunId(call.arguments.run);
    return { runId: id, stages: await convoy.resumeRun(id, { gpuClass: options.gpu }) };
  });
  const moved = options.gpu === undefined ? {} : { gpu: options.gpu };
  if (common.json) printJson(call, { runId, status: "running", stages, ...moved });
  else terminal.stdout.write(`${runId}\trunning\t${stages.join(",")}\n`);
  if (!common.quiet) terminal.stderr.write(`Follow it: convoy watch ${runId}\n`);
  return exitCodes.done;
}
