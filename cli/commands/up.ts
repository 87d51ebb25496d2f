import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { showSteps } from "../progress/steps.ts";
import { printParts } from "../stack-table.ts";
import { printJson } from "../with-convoy.ts";

/** `convoy up`: starts what does not run yet and returns when it serves. */
export async function startStack(call: Call): Promise<number> {
  const onProgress = showSteps(call.terminal, call.common);
  const report = await call.services.startStack({ profile: call.common.profile, onProgress });
  if (call.common.json) printJson(call, report);
  else await printParts(call.terminal.stdout, report);
  for (const notice of report.notices) call.terminal.stderr.write(`${call.terminal.stderr.colors.yellow("!")} ${notice}\n`);
  return report.state === "running" || report.state === "external" ? exitCodes.done : exitCodes.missing;
}
