import type { Attempt } from "../../client/attempts.ts";
import { attemptsOf } from "../../client/attempts.ts";
import type { RunView } from "../../client/types.ts";
import type { StageRecord } from "../../ml/run/schema.ts";
import type { Stage } from "../../ml/stages.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytes, duration, metric, moment } from "../format.ts";
import { printPairs } from "../pairs.ts";
import { WrongRequest } from "../print-error.ts";
import { checkpointText } from "../progress/event-lines.ts";
import { paintStatus } from "../status-colors.ts";
import type { Column } from "../table.ts";
import { printTable } from "../table.ts";
import type { Colors, Terminal } from "../terminal.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

/** `convoy show RUN [--stage NAME]`: the record of a run, or of one of its stages with what it handed on. */
export async function showRun(call: Call<{ run: string }, { stage: Stage | undefined }>): Promise<number> {
  const { stage: name } = call.options;
  const { view, results, attempts } = await withConvoy(call, async (convoy) => {
    const runId = await convoy.resolveRunId(call.arguments.run);
    const found = await convoy.viewRun(runId);
    const lines = convoy.logs(runId, { ...(name ? { stage: name } : {}), follow: false });
    return {
      view: found,
      results: name ? await convoy.stageResults(runId, name) : undefined,
      attempts: await attemptsOf(lines, found.record.stages),
    };
  });
  const stage = name && view.record.stages.find((candidate) => candidate.name === name);
  if (name && !stage) throw new WrongRequest(`run ${view.record.runId} has no stage ${name}`);
  if (call.common.json) printJson(call, { ...view, attempts, ...(stage ? { stage, results } : {}) });
  else if (stage) printStage(call.terminal, stage, results ?? {});
  else await printRun(call.terminal, view);
  if (!call.common.json) await printAttempts(call.terminal, view.record.runId, attempts);
  return exitCodes.done;
}

async function printRun(terminal: Terminal, view: RunView): Promise<void> {
  const { stdout } = terminal;
  const { record } = view;
  if (stdout.isTerminal) {
    const seconds = (Date.parse(record.finishedAt ?? "") - Date.parse(record.startedAt)) / 1000;
    printPairs(terminal, [
      ["run", record.runId],
      ["pipeline", record.pipeline.name],
      ["status", paintStatus(view.paused.length > 0 ? "paused" : record.status, stdout.colors)],
      ["started", `${moment(record.startedAt)}${Number.isFinite(seconds) ? `, took ${duration(seconds)}` : ""}`],
      ["seed", String(record.pipeline.seed)],
      ["build", record.buildId],
      ...(record.model ? [["model", `${record.model.name} version ${record.model.version}`] as const] : []),
    ]);
    stdout.write("\n");
  }
  await printTable(stdout, stageColumns(stdout.colors), record.stages);
  for (const notice of view.notices) terminal.stderr.write(`${terminal.stderr.colors.yellow("!")} ${notice}\n`);
  if (record.error)
    terminal.stderr.write(`\n${terminal.stderr.colors.red("error:")} ${record.error.message} (${record.error.type})\n`);
}

/** Only where not everything went well at once: then all of them, each with its error and where its log is. */
async function printAttempts({ stdout }: Terminal, runId: string, attempts: readonly Attempt[]): Promise<void> {
  if (attempts.every(({ outcome, attempt }) => outcome !== "failed" && outcome !== "silent" && attempt === 1)) return;
  stdout.write(stdout.isTerminal ? `\n${stdout.colors.bold("Attempts")}\n` : "\n");
  const columns: Column<Attempt>[] = [
    { title: "STAGE", cell: ({ stage, part }) => (part === null ? stage : `${stage}, part ${part}`) },
    { title: "ATTEMPT", cell: ({ attempt }) => String(attempt), align: "right" },
    {
      title: "OUTCOME",
      cell: ({ outcome }) => (outcome === "silent" ? "its worker went silent" : outcome),
      exact: ({ outcome }) => outcome,
    },
    { title: "STARTED", cell: ({ startedAt }) => moment(startedAt), exact: ({ startedAt }) => startedAt, rank: 2 },
    {
      title: "ERROR",
      cell: ({ error }) => error?.split("\n")[0]?.slice(0, 80) ?? "-",
      exact: ({ error }) => error ?? "",
      rank: 1,
    },
    { title: "LOG", cell: ({ stage, attempt }) => `convoy logs ${runId} --stage ${stage} --attempt ${attempt}`, rank: 3 },
  ];
  await printTable(stdout, columns, attempts);
}

function stageColumns(colors: Colors): Column<StageRecord>[] {
  return [
    { title: "STAGE", cell: (stage) => stage.name },
    { title: "STATUS", cell: (stage) => paintStatus(stage.status, colors), exact: (stage) => stage.status },
    {
      title: "TOOK",
      cell: (stage) => (stage.seconds > 0 ? duration(stage.seconds) : "-"),
      exact: (stage) => String(stage.seconds),
      align: "right",
    },
    { title: "ATTEMPTS", cell: (stage) => String(stage.attempts), align: "right", rank: 2 },
    { title: "RESULT", cell: resultText, rank: 3 },
    { title: "KEY", cell: (stage) => stage.key?.slice(0, 12) ?? "-", exact: (stage) => stage.key ?? "", rank: 4 },
  ];
}

/** The one thing worth a cell: why it failed, where it came from, or what it measured. */
function resultText(stage: StageRecord): string {
  if (stage.error) return `${stage.error.type}: ${stage.error.message.split("\n")[0] ?? ""}`.slice(0, 60);
  if (stage.reusedFrom) return `from run ${stage.reusedFrom}`;
  return Object.entries(stage.summary)
    .flatMap(([key, value]) => factText(key, value))
    .slice(0, 3)
    .join(", ");
}

function factText(key: string, value: unknown): string[] {
  if (typeof value === "number") return [`${key} ${Number.isInteger(value) ? value : metric(value)}`];
  if (typeof value === "string") return [`${key} ${value.slice(0, 24)}`];
  if (typeof value !== "object" || value === null || !("accuracy" in value)) return [];
  return typeof value.accuracy === "number" ? [`${key} accuracy ${metric(value.accuracy)}`] : [];
}

function printStage(terminal: Terminal, stage: StageRecord, results: Record<string, unknown>): void {
  const { stdout } = terminal;
  const { bold } = stdout.colors;
  printPairs(terminal, [
    ["stage", stage.name],
    ["status", paintStatus(stage.status, stdout.colors)],
    ["started", stage.startedAt ?? "-"],
    ["took", duration(stage.seconds)],
    ["attempts", String(stage.attempts)],
    ["key", stage.key ?? "-"],
    ["entry", stage.entry ?? "-"],
    ["code", stage.codeHash ?? "-"],
    ...(stage.continuedFrom ? [["continued", checkpointText(stage.continuedFrom)] as const] : []),
    ...(stage.reusedFrom ? [["reused from", `run ${stage.reusedFrom}`] as const] : []),
    ...(stage.error ? [["error", `${stage.error.type}: ${stage.error.message}`] as const] : []),
  ]);
  for (const [title, refs] of [
    ["Inputs", stage.inputs],
    ["Outputs", stage.outputs],
  ] as const) {
    const rows = Object.entries(refs).map(
      ([name, ref]) => [name, `${ref.uri}  ${bytes(ref.sizeBytes)}  ${ref.mediaType}`] as const,
    );
    if (rows.length > 0) stdout.write(`\n${bold(title)}\n`);
    printPairs(terminal, rows, "  ");
  }
  if (Object.keys(stage.summary).length > 0) stdout.write(`\n${bold("Summary")}\n${JSON.stringify(stage.summary, null, 2)}\n`);
  for (const [name, result] of Object.entries(results))
    stdout.write(`\n${bold(`Result ${name}`)}\n${JSON.stringify(result, null, 2)}\n`);
}
