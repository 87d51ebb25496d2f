import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { WrongRequest } from "../print-error.ts";
import { showSteps } from "../progress/steps.ts";
import { printJson } from "../with-convoy.ts";

/** `convoy reset --yes`: the only command that deletes runs, models and objects. */
export async function resetStack(call: Call<object, { yes: boolean }>): Promise<number> {
  const { common, terminal } = call;
  if (!call.options.yes) throw new WrongRequest("reset deletes every run, model and object of the profile", "convoy reset --yes");
  const onProgress = showSteps(terminal, common);
  const report = await call.services.resetStack({ profile: common.profile, onProgress });
  if (common.json) printJson(call, report);
  else if (!common.quiet)
    terminal.stderr.write(`Profile ${report.profile}: ${report.deleted ? `deleted ${report.deleted}` : "nothing was there"}\n`);
  return exitCodes.done;
}
