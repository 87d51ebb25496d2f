import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { showSteps } from "../progress/steps.ts";
import { printJson } from "../with-convoy.ts";

/** `convoy down`: stops servers and workers of the profile. Runs that were going on continue after the next start. */
export async function stopStack(call: Call): Promise<number> {
  const { common, terminal } = call;
  const onProgress = showSteps(terminal, common);
  const report = await call.services.stopStack({ profile: common.profile, onProgress });
  if (common.json) printJson(call, report);
  else if (!common.quiet) {
    const what = report.stopped.length === 0 ? "nothing was running" : `stopped ${report.stopped.join(", ")}`;
    terminal.stderr.write(`Profile ${report.profile}: ${what}; its data stays.\n`);
  }
  return exitCodes.done;
}
