import type { GroupErased } from "../../client/housekeeping.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytes } from "../format.ts";
import { printPairs } from "../pairs.ts";
import { WrongRequest } from "../print-error.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

type EraseCall = Call<object, { group: string | undefined; yes: boolean }>;

/** `convoy erase --group ID [--yes]`: without `--yes` only tells what it would take away. */
export async function eraseGroup(call: EraseCall): Promise<number> {
  const { common, terminal, options } = call;
  const { group, yes } = options;
  if (group === undefined || group === "") throw new WrongRequest("nothing to erase", "name a group: --group patient-17");
  const erased = await withConvoy(call, ({ housekeeping }) => housekeeping.erase(group, { dryRun: !yes }));
  if (common.json) printJson(call, { group, erased: yes, ...erased });
  else printPairs(terminal, describe(erased));
  if (!common.quiet) for (const line of advice(erased, yes)) terminal.stderr.write(`${line}\n`);
  return exitCodes.done;
}

function describe({ images, objects, bytes: size, ledgerEntries, runs, sources, models }: GroupErased): [string, string][] {
  const trained = models.map(
    ({ name, version, parts }) =>
      `${name}:${version} (${parts.train} in training, ${parts.validation} in validation, ${parts.test} in test)`,
  );
  return [
    ["images", String(images)],
    ["objects", `${objects}, ${bytes(size)}`],
    ["results", String(ledgerEntries)],
    ["runs", runs.join(", ") || "-"],
    ["source files", sources.join(", ") || "-"],
    ["models", trained.join(", ") || "-"],
  ];
}

function advice({ models }: GroupErased, isErased: boolean): string[] {
  if (!isErased) return ["Nothing was erased yet; add --yes to do it."];
  return [
    "Erased in the store and on this machine; other workers clear their caches when they start.",
    "Take the group out of your own files too: the next run reads them again.",
    ...(models.length > 0
      ? ["The models above keep what they learned; train them again without the group, and move their aliases."]
      : []),
  ];
}
