import type { RunComparison } from "../../client/compare-runs.ts";
import { causes, differenceColumns, verdictColumns, verdictText } from "../comparison-text.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { metric } from "../format.ts";
import { printTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

/** `convoy diff RUN RUN`. */
export async function diffRuns(call: Call<{ a: string; b: string }>): Promise<number> {
  const comparison = await withConvoy(call, async (convoy) => {
    const [a, b] = await Promise.all([call.arguments.a, call.arguments.b].map((id) => convoy.resolveRunId(id)));
    return convoy.compareRuns(a ?? "", b ?? "");
  });
  if (call.common.json) printJson(call, comparison);
  else await print(call.terminal, comparison);
  return exitCodes.done;
}

async function print({ stdout, stderr }: Terminal, comparison: RunComparison): Promise<void> {
  const { runs, metrics, results } = comparison;
  const [a, b] = runs;
  await printTable(stdout, differenceColumns("WHAT", runs), causes(comparison));
  const gap = () => stdout.isTerminal && stdout.write("\n");
  gap();
  await printTable(
    stdout,
    [
      { title: "METRIC", cell: ({ name }) => name },
      { title: a.toUpperCase(), cell: (row) => metric(row.a), exact: (row) => String(row.a ?? ""), align: "right" },
      { title: b.toUpperCase(), cell: (row) => metric(row.b), exact: (row) => String(row.b ?? ""), align: "right" },
      { title: "CHANGE", cell: ({ delta }) => signed(delta), exact: ({ delta }) => String(delta ?? ""), align: "right" },
    ],
    metrics,
  );
  gap();
  await printTable(stdout, verdictColumns(stdout.colors), results.stages);
  stderr.write(`Results: ${verdictText(results, stderr.colors)}\n`);
}

function signed(delta: number | null): string {
  return delta !== null && delta > 0 ? `+${metric(delta)}` : metric(delta);
}
