import type { Schedules } from "../../client/schedules.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { WrongRequest } from "../print-error.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

const verbs = {
  pause: { work: (schedules: Schedules, name: string) => schedules.pause(name, "convoy schedule pause"), done: "paused" },
  resume: { work: (schedules: Schedules, name: string) => schedules.resume(name), done: "active" },
  trigger: { work: (schedules: Schedules, name: string) => schedules.trigger(name), done: "triggered" },
  delete: { work: (schedules: Schedules, name: string) => schedules.delete(name), done: "deleted" },
};

/** `convoy schedule pause|resume|trigger|delete NAME`. */
export function controlSchedule(verb: keyof typeof verbs): (call: Call<{ name: string }>) => Promise<number> {
  return async (call) => {
    const { name } = call.arguments;
    const { work, done } = verbs[verb];
    await withConvoy(call, ({ schedules }) => work(schedules, name));
    if (call.common.json) printJson(call, { name, done });
    else if (!call.common.quiet) call.terminal.stderr.write(`Schedule ${name}: ${done}\n`);
    return exitCodes.done;
  };
}

/** `convoy schedule backfill NAME --from TIME --to TIME`. */
export async function backfillSchedule(
  call: Call<{ name: string }, { from: string | undefined; to: string | undefined }>,
): Promise<number> {
  const { name } = call.arguments;
  const [from, to] = [timeOf(call.options.from, "--from"), timeOf(call.options.to, "--to")];
  await withConvoy(call, ({ schedules }) => schedules.backfill(name, { from, to }));
  if (call.common.json) printJson(call, { name, from: from.toISOString(), to: to.toISOString() });
  else if (!call.common.quiet) call.terminal.stderr.write(`Follow it: convoy schedule show ${name}\n`);
  return exitCodes.done;
}

function timeOf(text: string | undefined, option: string): Date {
  const time = new Date(text ?? "");
  if (!Number.isNaN(time.getTime())) return time;
  throw new WrongRequest(
    text === undefined ? `${option} is missing` : `${option} ${text}: expected a time by ISO 8601`,
    "2026-01-31 or 2026-01-31T06:00:00Z",
  );
}
