import type { MetricCell, RunsSideBySide } from "../../ml/run/side-by-side.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { metric } from "../format.ts";
import { WrongRequest } from "../print-error.ts";
import type { Column } from "../table.ts";
import { printTable } from "../table.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

/** `convoy compare RUN RUN …`: metrics with intervals side by side, and a page with the curves over each other. */
export async function compareRuns(call: Call<{ runs: readonly string[] }>): Promise<number> {
  const { common, terminal } = call;
  const { stdout, stderr } = terminal;
  const given = severalOf(call.arguments.runs);
  const compared = await withConvoy(call, async (convoy) => {
    const runIds = await Promise.all(given.map((run) => convoy.resolveRunId(run)));
    return convoy.overlayRuns(severalOf(runIds));
  });
  if (common.json) {
    printJson(call, compared);
    return exitCodes.done;
  }
  await printTable(stdout, columnsFor(compared, "METRIC", cellText, cellExact), compared.metrics);
  if (stdout.isTerminal && compared.settings.length > 0) stdout.write("\n");
  await printTable(stdout, settingColumns(compared), compared.settings);
  if (!compared.isSameTest)
    stderr.write(`${stderr.colors.yellow("!")} They were tested on different images: test metrics cannot be compared.\n`);
  if (!common.quiet) stderr.write(`page  ${compared.page}\n`);
  return exitCodes.done;
}

/** Each of the runs once. */
function severalOf(runs: readonly string[]): string[] {
  const different = [...new Set(runs)];
  if (different.length < 2) throw new WrongRequest("compare takes two different runs or more: convoy compare 06fht latest");
  return different;
}

function columnsFor(
  { runs }: RunsSideBySide,
  title: string,
  cell: (value: MetricCell | null) => string,
  exact: (value: MetricCell | null) => string,
): Column<RunsSideBySide["metrics"][number]>[] {
  return [
    { title, cell: ({ name }) => name },
    ...runs.map(({ runId }, i): Column<RunsSideBySide["metrics"][number]> => ({
      title: runId.toUpperCase(),
      cell: ({ values }) => cell(values[i] ?? null),
      exact: ({ values }) => exact(values[i] ?? null),
    })),
  ];
}

function cellText(cell: MetricCell | null): string {
  if (cell === null) return "-";
  return cell.interval
    ? `${metric(cell.value)} (${cell.interval.map((bound) => bound.toFixed(3)).join("–")})`
    : metric(cell.value);
}

function cellExact(cell: MetricCell | null): string {
  return cell === null ? "" : [cell.value, ...(cell.interval ?? [])].join(" ");
}

function settingColumns({ runs }: RunsSideBySide): Column<RunsSideBySide["settings"][number]>[] {
  const say = (value: unknown) => (value === undefined ? "-" : JSON.stringify(value));
  return [
    { title: "SETTING", cell: ({ key }) => key },
    ...runs.map(({ runId }, i): Column<RunsSideBySide["settings"][number]> => ({
      title: runId.toUpperCase(),
      cell: ({ values }) => say(values[i]).slice(0, 24),
      exact: ({ values }) => say(values[i]),
    })),
  ];
}
