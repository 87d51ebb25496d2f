import { stat } from "node:fs/promises";
import { resolve } from "node:path";

import type { PartCounts } from "../../client/model-lineage.ts";
import type { ModelRow } from "../../client/models.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { metric, moment } from "../format.ts";
import type { Column } from "../table.ts";
import { printTable } from "../table.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

type ListCall = Call<{ name: string | undefined }, { data: string | undefined }>;

/** `convoy models list [NAME] [--data WHAT]`. */
export async function listModels(call: ListCall): Promise<number> {
  const { name } = call.arguments;
  const { data } = call.options;
  if (data !== undefined) return listMadeFrom(call, data);
  const rows = await withConvoy(call, ({ models }) => models.list(name));
  if (call.common.json) printJson(call, rows);
  else if (rows.length > 0) await printTable(call.terminal.stdout, columns, rows);
  else if (!call.common.quiet) call.terminal.stderr.write("No model is registered yet; `convoy run` registers one.\n");
  return exitCodes.done;
}

async function listMadeFrom(call: ListCall, data: string): Promise<number> {
  const { terminal, common } = call;
  const wanted = await hashIfFile(resolve(terminal.folder, data), data);
  const found = await withConvoy(call, ({ models }) => models.madeFrom(wanted, call.arguments.name));
  if (common.json) printJson(call, found);
  else await printTable(terminal.stdout, madeFromColumns, found.rows);
  if (common.quiet) return exitCodes.done;
  if (found.rows.length === 0) terminal.stderr.write(`No model came from ${data}.\n`);
  const unknown = found.unknown.map(({ name, version }) => `${name}:${version}`);
  if (unknown.length > 0) terminal.stderr.write(`Nobody can say of ${unknown.join(", ")}: their data is no longer stored.\n`);
  return exitCodes.done;
}

/** What stands for a file here is its content. */
async function hashIfFile(path: string, otherwise: string): Promise<string> {
  const found = await stat(path).catch(() => null); // no file: a group, an id, a hash
  if (!found?.isFile()) return otherwise;
  const { hashFile } = await import("../../storage/artifact-store.ts");
  return hashFile(path);
}

const columns: Column<ModelRow>[] = [
  { title: "MODEL", cell: (row) => `${row.name}:${row.version}` },
  { title: "ALIASES", cell: (row) => row.aliases.join(", ") || "-", exact: (row) => row.aliases.join(",") },
  { title: "ACCURACY", cell: (row) => metric(row.accuracy), exact: (row) => String(row.accuracy ?? ""), align: "right", rank: 1 },
  { title: "REGISTERED", cell: (row) => moment(row.createdAt), exact: (row) => row.createdAt, rank: 2 },
  { title: "RUN", cell: (row) => row.runId, rank: 3 },
  { title: "TAGS", cell: tagText, rank: 4 },
];

const madeFromColumns: Column<ModelRow & { data: { as: string; parts: PartCounts } }>[] = [
  ...columns.slice(0, 2),
  { title: "AS", cell: ({ data }) => data.as },
  ...(["train", "validation", "test"] as const).map((part): Column<ModelRow & { data: { parts: PartCounts } }> => ({
    title: part.toUpperCase(),
    cell: ({ data }) => String(data.parts[part]),
    align: "right",
  })),
  { title: "RUN", cell: (row) => row.runId, rank: 1 },
];

function tagText({ tags }: ModelRow): string {
  return Object.entries(tags)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
}
