import type { Amount, Collected } from "../../storage/gc/collect.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytes, moment } from "../format.ts";
import { readEnvironment } from "../../environment.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

type GcCall = Call<object, { dryRun: boolean; keepRunsDays: number | undefined }>;

/** `convoy gc [--dry-run] [--keep-runs-days N]`. */
export async function collectGarbage(call: GcCall): Promise<number> {
  const { dryRun, keepRunsDays = readEnvironment().CONVOY_KEEP_RUNS_DAYS } = call.options;
  const collected = await withConvoy(call, ({ housekeeping }) => housekeeping.collect({ dryRun, keepRunsDays }));
  if (call.common.json) printJson(call, { dryRun, ...collected });
  else for (const line of describe(collected, dryRun)) call.terminal.stdout.write(`${line}\n`);
  return exitCodes.done;
}

function describe({ deleted, marked, deletableFrom }: Collected, dryRun: boolean): string[] {
  const amount = (of: Amount) => `${of.objects} objects, ${bytes(of.bytes)}`;
  const would = dryRun ? "would be " : "";
  return [
    `${would}deleted: ${amount(deleted)}, ${deleted.runs.length} runs, ${deleted.ledgerEntries} results nobody uses`,
    `${would}marked: ${amount(marked)}${deletableFrom === null ? "" : `; deleted by a collection after ${moment(deletableFrom)} unless used until then`}`,
  ];
}
