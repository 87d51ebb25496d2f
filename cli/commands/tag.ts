import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { tagChanges } from "../tag-changes.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

type TagCall = Call<{ run: string }, { set: readonly string[]; remove: readonly string[]; note: string | undefined }>;

/** `convoy tag RUN --set key=value --remove key --note TEXT`: says something of a run, and tells all that is said of it. */
export async function tagRun(call: TagCall): Promise<number> {
  const { common, terminal, options } = call;
  const { runId, tags, note } = await withConvoy(call, async (convoy) => {
    const id = await convoy.resolveRunId(call.arguments.run);
    return { runId: id, ...(await convoy.noteRun(id, { tags: tagChanges(options), note: options.note })) };
  });
  if (common.json) printJson(call, { runId, tags, note });
  else {
    for (const [name, value] of Object.entries(tags)) terminal.stdout.write(`${runId}\t${name}\t${value}\n`);
    if (note !== "") terminal.stdout.write(`${runId}\tnote\t${note}\n`);
  }
  return exitCodes.done;
}
