import { loadPipelineFile } from "../../client/pipeline-file.ts";
import type { OverlapPolicy } from "../../ml/schedule/overlap-policies.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { WrongRequest } from "../print-error.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

interface CreateOptions {
  cron: readonly string[];
  every: string | undefined;
  set: readonly string[];
  timeZone: string;
  jitter: string | undefined;
  overlap: string;
  catchUp: string;
  keepOnFailure: boolean;
  replace: boolean;
}

/** `convoy schedule create NAME FILE`: checks the file first, like `run`. */
export async function createSchedule(call: Call<{ name: string; file: string }, CreateOptions>): Promise<number> {
  const { arguments: given, options, common, terminal } = call;
  const { cron, every, set, timeZone, jitter = null, catchUp, keepOnFailure, replace } = options;
  if (cron.length > 0 === (every !== undefined))
    throw new WrongRequest("a schedule needs its times", "give either --cron or --every");
  const loaded = await loadPipelineFile(given.file, { set, folder: terminal.folder });
  const schedule = await withConvoy(call, ({ schedules }) =>
    schedules.create({
      name: given.name,
      pipeline: loaded.pipeline,
      baseFolder: loaded.baseFolder,
      moduleFolder: loaded.moduleFolder,
      when: every === undefined ? { cron: [...cron] } : { every },
      timeZone,
      jitter,
      overlap: options.overlap as OverlapPolicy, // commander has checked it against the choices
      catchUp,
      pauseOnFailure: !keepOnFailure,
      replace,
    }),
  );
  if (common.json) printJson(call, schedule);
  else terminal.stdout.write(`${schedule.name}\n`);
  if (!common.quiet && !common.json)
    terminal.stderr.write(
      `Its times: convoy schedule show ${schedule.name}   Try it now: convoy schedule trigger ${schedule.name}\n`,
    );
  return exitCodes.done;
}
