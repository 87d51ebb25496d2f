import { resolve } from "node:path";

import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

/** `convoy models export MODEL FOLDER`. */
export async function exportModelFiles(call: Call<{ model: string; folder: string }>): Promise<number> {
  const folder = resolve(call.terminal.folder, call.arguments.folder);
  const { version, files } = await withConvoy(call, ({ models }) => models.export(call.arguments.model, folder));
  if (call.common.json) printJson(call, { name: version.name, version: version.version, folder, files });
  else for (const file of files) call.terminal.stdout.write(`${call.arguments.folder}/${file}\n`);
  return exitCodes.done;
}
