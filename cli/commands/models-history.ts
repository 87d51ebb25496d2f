import type { AliasMove } from "../../ml/register/schema.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { moment } from "../format.ts";
import type { Column } from "../table.ts";
import { printTable } from "../table.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

type HistoryCall = Call<{ name: string }, { alias: string | undefined; at: string | undefined }>;

/** `convoy models history NAME [--alias NAME] [--at TIME]`. */
export async function showHistory(call: HistoryCall): Promise<number> {
  const { name } = call.arguments;
  const { alias, at } = call.options;
  const { stdout } = call.terminal;
  if (at !== undefined) {
    const all = await withConvoy(call, ({ models }) => models.heldAt(name, at));
    const held = all.filter((each) => alias === undefined || each.alias === alias);
    if (call.common.json) printJson(call, held);
    else
      await printTable(
        stdout,
        [
          { title: "ALIAS", cell: (row) => row.alias },
          { title: "VERSION", cell: (row) => String(row.version ?? "-"), align: "right" },
        ],
        held,
      );
    return exitCodes.done;
  }
  const history = await withConvoy(call, ({ models }) => models.history(name, alias));
  if (call.common.json) printJson(call, history);
  else await printTable(stdout, columns, history.moves);
  return exitCodes.done;
}

const columns: Column<AliasMove>[] = [
  { title: "WHEN", cell: (move) => moment(move.movedAt), exact: (move) => move.movedAt },
  { title: "ALIAS", cell: (move) => move.alias },
  { title: "VERSION", cell: (move) => String(move.version ?? "-"), align: "right" },
  { title: "HOW", cell: (move) => move.kind, rank: 2 },
  { title: "BY", cell: (move) => move.movedBy, rank: 1 },
  { title: "WHY", cell: (move) => move.reason, rank: 3 },
];
