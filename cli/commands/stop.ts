import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

/** `convoy stop RUN`: asks, and returns when the run has ended. A run that has ended before is left as it is. */
export async function stopRun(call: Call<{ run: string }>): Promise<number> {
  const { common, terminal } = call;
  const { runId, status } = await withConvoy(call, async (convoy) => {
    const id = await convoy.resolveRunId(call.arguments.run);
    if (!common.quiet) terminal.stderr.write(`Stopping run ${id}; waiting for it to end cleanly.\n`);
    await convoy.stopRun(id);
    return { runId: id, status: (await convoy.viewRun(id)).record.status };
  });
  if (common.json) printJson(call, { runId, status });
  else terminal.stdout.write(`${runId}\t${status}\n`);
  return exitCodes.done;
}
