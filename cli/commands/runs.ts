import type { ListedRun } from "../../client/types.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { duration, metric, moment } from "../format.ts";
import { rememberRuns } from "../recent-runs.ts";
import { paintStatus } from "../status-colors.ts";
import type { Column } from "../table.ts";
import { printTable } from "../table.ts";
import type { Colors } from "../terminal.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

/** `convoy runs`: the newest runs, a line each. */
export async function listRuns(
  call: Call<object, { limit: number; pipeline: string | undefined; where: string | undefined }>,
): Promise<number> {
  const { options, common, terminal } = call;
  const { limit, pipeline, where } = options;
  const filter = { ...(pipeline === undefined ? {} : { pipeline }), ...(where === undefined ? {} : { where }) };
  const rows = await withConvoy(call, (convoy) => convoy.listRuns({ limit, ...filter }));
  await rememberRuns(
    common.profile,
    rows.map((row) => row.runId),
  );
  if (common.json) printJson(call, rows);
  else if (rows.length > 0) await printTable(terminal.stdout, columnsFor(terminal.stdout.colors), rows);
  else if (!common.quiet)
    terminal.stderr.write(
      isFiltered(filter) ? "No run is like that.\n" : "There are no runs yet. Start one: convoy run pipelines/mnist.yaml\n",
    );
  return exitCodes.done;
}

function columnsFor(colors: Colors): Column<ListedRun>[] {
  return [
    { title: "RUN", cell: (row) => row.runId },
    { title: "PIPELINE", cell: (row) => row.pipeline, rank: 1 },
    { title: "STATUS", cell: (row) => paintStatus(row.status, colors), exact: (row) => row.status },
    { title: "STARTED", cell: (row) => moment(row.startedAt), exact: (row) => row.startedAt, rank: 3 },
    { title: "TOOK", cell: (row) => took(row), exact: (row) => row.finishedAt ?? "", align: "right", rank: 4 },
    {
      title: "ACCURACY",
      cell: (row) => metric(row.accuracy),
      exact: (row) => String(row.accuracy ?? ""),
      align: "right",
      rank: 2,
    },
    { title: "MODEL", cell: (row) => row.model ?? "-", exact: (row) => row.model ?? "", rank: 5 },
    { title: "TAGS", cell: tagText, rank: 6 },
  ];
}

function isFiltered(filter: object): boolean {
  return Object.keys(filter).length > 0;
}

function tagText({ tags }: ListedRun): string {
  return Object.entries(tags)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
}

function took({ startedAt, finishedAt }: ListedRun): string {
  return finishedAt === null ? "-" : duration((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
}
