import type { Usage } from "../../storage/gc/usage.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytes } from "../format.ts";
import type { Column } from "../table.ts";
import { printTable } from "../table.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

/** `convoy du`: what the store holds, by what it is for. */
export async function showUsage(call: Call): Promise<number> {
  const rows = await withConvoy(call, ({ housekeeping }) => housekeeping.usage());
  if (call.common.json) printJson(call, rows);
  else await printTable(call.terminal.stdout, columns, rows);
  return exitCodes.done;
}

const columns: Column<Usage>[] = [
  { title: "WHAT", cell: ({ what }) => what },
  { title: "OBJECTS", cell: ({ objects }) => String(objects), align: "right" },
  { title: "SIZE", cell: (row) => bytes(row.bytes), exact: (row) => String(row.bytes), align: "right" },
];
