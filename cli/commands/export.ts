import { basename, resolve } from "node:path";

import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytes, quantity } from "../format.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

/** `convoy export RUN [--out FILE]`. */
export async function exportRun(call: Call<{ run: string }, { out: string | undefined }>): Promise<number> {
  const { terminal, common, options } = call;
  const answer = await withConvoy(call, async (convoy) => {
    const runId = await convoy.resolveRunId(call.arguments.run);
    return convoy.exportRun(runId, resolve(terminal.folder, options.out ?? `convoy-${runId}.tar.gz`));
  });
  if (common.json) printJson(call, answer);
  else terminal.stdout.write(`${options.out ?? basename(answer.file)}\n`);
  if (!common.quiet && !common.json)
    terminal.stderr.write(`Run ${answer.runId}: ${quantity(answer.members)} members, ${bytes(answer.sizeBytes)}\n`);
  for (const path of answer.missing) terminal.stderr.write(`! gone from the store and therefore not in the file: ${path}\n`);
  return exitCodes.done;
}
