import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

/** `convoy pause RUN`: returns when everything of the run stands still. */
export async function pauseRun(call: Call<{ run: string }>): Promise<number> {
  const { common, terminal } = call;
  const { runId, stages } = await withConvoy(call, async (convoy) => {
    const id = await convoy.resolveRunId(call.arguments.run);
    if (!common.quiet) terminal.stderr.write(`Pausing run ${id}; a training stores a checkpoint first.\n`);
    return { runId: id, stages: await convoy.pauseRun(id) };
  });
  if (common.json) printJson(call, { runId, status: "paused", stages });
  else terminal.stdout.write(`${runId}\tpaused\t${stages.join(",")}\n`);
  if (!common.quiet) terminal.stderr.write(`Let it go on: convoy resume ${runId}\n`);
  return exitCodes.done;
}
