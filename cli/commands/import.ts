import { resolve } from "node:path";

import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { rememberRuns } from "../recent-runs.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

/** `convoy import FILE`. */
export async function importRun(call: Call<{ file: string }>): Promise<number> {
  const { terminal, common } = call;
  const answer = await withConvoy(call, (convoy) => convoy.importRun(resolve(terminal.folder, call.arguments.file)));
  await rememberRuns(common.profile, [answer.runId]);
  if (common.json) printJson(call, answer);
  else terminal.stdout.write(`${answer.runId}\n`);
  if (common.quiet || common.json) return exitCodes.done;
  const { isNew, model, runId } = answer;
  const registered = model ? `; its model is ${model.name} version ${model.version} here` : "";
  terminal.stderr.write(`${isNew ? "" : "The run was here already. "}Look at it: convoy show ${runId}${registered}\n`);
  return exitCodes.done;
}
