import { stringify } from "yaml";

import { WrongRequest } from "../print-error.ts";
import { importancesOf } from "../../ml/sweep/importance.ts";
import { bestExecution } from "../../ml/sweep/settle.ts";
import type { SweepRecord } from "../../ml/sweep-record/schema.ts";
import { pipelineOf } from "../../ml/sweep-record/trial-run.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { metric, moment } from "../format.ts";
import { sweepResult } from "../sweep-result.ts";
import { parametersText, trialColumns, verdict } from "../sweep-text.ts";
import type { Column } from "../table.ts";
import { printTable } from "../table.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

type SweepCall = Call<{ sweep: string }>;

/** `convoy sweep show ID`: the trials as a table, what mattered, and the page with the charts. */
export async function showSweep(call: SweepCall): Promise<number> {
  const { common, terminal } = call;
  const { result, importance, report, curves } = await withConvoy(call, async (convoy) => {
    const record = await convoy.sweeps.view(await convoy.sweeps.resolveId(call.arguments.sweep));
    return {
      result: await sweepResult(record, convoy),
      importance: importancesOf(record),
      report: await convoy.sweeps.report(record),
      curves: common.json ? await convoy.sweeps.curves(record) : [],
    };
  });
  if (common.json) {
    printJson(call, { ...result, importance, curves, report });
    return exitCodes.done;
  }
  await printTable(terminal.stdout, trialColumns(result), result.trials);
  if (common.quiet) return exitCodes.done;
  const mattered = importance.map(({ key, importance: share }) => `${key} ${(100 * share).toFixed(0)} %`).join(", ");
  terminal.stderr.write(`\n${verdict(result)}\n${mattered ? `  mattered   ${mattered}\n` : ""}  page       ${report}\n`);
  return exitCodes.done;
}

/** `convoy sweep list`: the newest sweeps, a line each. */
export async function listSweeps(call: Call<object, { limit: number }>): Promise<number> {
  const { common, terminal, options } = call;
  const records = await withConvoy(call, (convoy) => convoy.sweeps.list(options.limit));
  const rows = records.map((record) => ({
    sweepId: record.sweepId,
    pipeline: record.pipeline.name,
    status: record.status,
    startedAt: record.startedAt,
    trials: record.trials.length,
    best: record.best === null ? null : (record.trials[record.best - 1]?.value ?? null),
  }));
  if (common.json) printJson(call, rows);
  else if (rows.length > 0) await printTable(terminal.stdout, listColumns, rows);
  else if (!common.quiet)
    terminal.stderr.write("There are no sweeps yet. Start one: convoy sweep pipelines/cats-dogs-sweep.yaml\n");
  return exitCodes.done;
}

interface SweepRow {
  sweepId: string;
  pipeline: string;
  status: string;
  startedAt: string;
  trials: number;
  best: number | null;
}

const listColumns: Column<SweepRow>[] = [
  { title: "SWEEP", cell: ({ sweepId }) => sweepId },
  { title: "PIPELINE", cell: ({ pipeline }) => pipeline },
  { title: "STATUS", cell: ({ status }) => status },
  { title: "STARTED", cell: ({ startedAt }) => moment(startedAt), exact: ({ startedAt }) => startedAt, rank: 1 },
  { title: "TRIALS", cell: ({ trials }) => String(trials), align: "right" },
  { title: "BEST", cell: ({ best }) => metric(best), exact: ({ best }) => String(best ?? ""), align: "right" },
];

/** `convoy sweep best ID`: the winner's pipeline file, complete, on stdout. */
export async function bestPipeline(call: SweepCall): Promise<number> {
  const record = await find(call);
  const best = bestExecution(record);
  if (!best)
    throw new WrongRequest(`Sweep ${record.sweepId} has no trial with a value yet`, `convoy sweep show ${record.sweepId}`);
  const pipeline = pipelineOf(record, best);
  if (call.common.json) printJson(call, { sweepId: record.sweepId, ...best, pipeline });
  else
    call.terminal.stdout.write(
      `# Trial ${best.number}, execution ${best.execution} of sweep ${record.sweepId}: the training run ${best.runId}, every default written out.\n` +
        stringify(pipeline, { lineWidth: 0 }),
    );
  return exitCodes.done;
}

/** `convoy sweep explain ID TRIAL`: why this point was suggested, and how it fared. */
export async function explainTrial(call: Call<{ sweep: string; trial: string }>): Promise<number> {
  const record = await find(call);
  const trial = record.trials[Number(call.arguments.trial) - 1];
  if (!trial)
    throw new WrongRequest(`Sweep ${record.sweepId} has no trial ${call.arguments.trial}; it has 1 to ${record.trials.length}`);
  if (call.common.json) {
    printJson(call, { sweepId: record.sweepId, algorithm: record.parameters.algorithm, ...trial });
    return exitCodes.done;
  }
  const { number, parameters, explanation, rungs, status, value } = trial;
  const lines = [
    `trial ${number}  ${parametersText(parameters)}`,
    `why      ${explanation.text}`,
    ...Object.entries(explanation.numbers).map(([name, given]) => `         ${name} ${JSON.stringify(given)}`),
    `came to  ${[...rungs.map((rung) => `${metric(rung.value)} at epoch ${rung.epoch}`), status].join(", ")}`,
    ...(value === null
      ? trial.executions.flatMap(({ error }) => (error ? [`error    ${error.message} (${error.type})`] : []))
      : []),
  ];
  call.terminal.stdout.write(`${lines.join("\n")}\n`);
  return exitCodes.done;
}

function find(call: Call<{ sweep: string }>): Promise<SweepRecord> {
  return withConvoy(call, async ({ sweeps }) => sweeps.view(await sweeps.resolveId(call.arguments.sweep)));
}
