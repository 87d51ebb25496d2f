import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { printJson } from "../with-convoy.ts";

/** `convoy doctor`: everything that was looked at, on stdout, to be pasted into a bug report. */
export async function diagnose(call: Call): Promise<number> {
  const { common, terminal } = call;
  const checks = await call.services.diagnose({ profile: common.profile, onProgress: () => {} });
  const healthy = checks.every(({ status }) => status !== "problem");
  if (common.json) printJson(call, { healthy, checks });
  else {
    const { green, yellow, red, dim } = terminal.stdout.colors;
    const symbols = { ok: green("✓"), warning: yellow("!"), problem: red("✗") };
    const width = Math.max(0, ...checks.map(({ name }) => name.length));
    for (const { name, status, message, hint } of checks) {
      terminal.stdout.write(`${symbols[status]} ${name.padEnd(width)}  ${message}\n`);
      if (hint) terminal.stdout.write(`${" ".repeat(width + 4)}${dim("hint:")} ${hint}\n`);
    }
  }
  return healthy ? exitCodes.done : exitCodes.missing;
}
