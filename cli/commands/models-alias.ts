import type { AliasMove } from "../../ml/register/schema.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { WrongRequest } from "../print-error.ts";
import { tagChanges } from "../tag-changes.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

interface WithReason {
  reason: string | undefined;
}

/** `convoy models alias set MODEL ALIAS --reason …`. */
export async function setAlias(call: Call<{ model: string; alias: string }, WithReason>): Promise<number> {
  const { model, alias } = call.arguments;
  const reason = reasonOf(call);
  return tell(call, model, await withConvoy(call, ({ models }) => models.setAlias(model, alias, reason)));
}

/** `convoy models alias rm NAME ALIAS --reason …`. */
export async function removeAlias(call: Call<{ name: string; alias: string }, WithReason>): Promise<number> {
  const { name, alias } = call.arguments;
  const reason = reasonOf(call);
  return tell(call, name, await withConvoy(call, ({ models }) => models.removeAlias(name, alias, reason)));
}

/** `convoy models rollback NAME --reason …`. */
export async function rollBack(call: Call<{ name: string }, WithReason & { alias: string }>): Promise<number> {
  const { name } = call.arguments;
  const reason = reasonOf(call);
  return tell(call, name, await withConvoy(call, ({ models }) => models.rollback(name, call.options.alias, reason)));
}

/** `convoy models tag MODEL --set key=value --remove key`. */
export async function tagModel(
  call: Call<{ model: string }, { set: readonly string[]; remove: readonly string[] }>,
): Promise<number> {
  const { set, remove } = call.options;
  if (set.length + remove.length === 0) throw new WrongRequest("nothing to change", "give --set key=value or --remove key");
  const row = await withConvoy(call, ({ models }) => models.tag(call.arguments.model, tagChanges(call.options)));
  if (call.common.json) printJson(call, row);
  else
    for (const [key, value] of Object.entries(row.tags))
      call.terminal.stdout.write(`${row.name}:${row.version}\t${key}\t${value}\n`);
  return exitCodes.done;
}

function reasonOf(call: Call<object, WithReason>): string {
  const { reason } = call.options;
  if (reason !== undefined && reason.trim() !== "") return reason;
  throw new WrongRequest("moving an alias by hand needs a reason", 'add --reason "…"; it is kept for ever');
}

function tell(call: Call, model: string, move: AliasMove): number {
  const [name = ""] = model.split(/[@:]/);
  if (call.common.json) printJson(call, move);
  else if (move.version === null) call.terminal.stdout.write(`${name}@${move.alias} is gone\n`);
  else call.terminal.stdout.write(`${name}@${move.alias} is version ${move.version}\n`);
  return exitCodes.done;
}
