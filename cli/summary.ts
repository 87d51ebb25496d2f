import type { RunError, RunRecord } from "../ml/run/schema.ts";
import { isBeyond } from "../ml/stages.ts";
import { duration, metric, shellWord } from "./format.ts";
import type { RunResult } from "../client/run-result.ts";
import type { Colors } from "./terminal.ts";

/** A pipeline file and its settings, as a person gave them. */
export interface AskedRun {
  file: string;
  set: readonly string[];
  until?: string | undefined;
  smoke?: boolean;
}

/** The line that starts such a run again. */
export function runCommand({ file, set, until, smoke = false }: AskedRun): string {
  const settings = set.map((setting) => `--set ${shellWord(setting)}`);
  const ending = [...(until === undefined ? [] : [`--until ${until}`]), ...(smoke ? ["--smoke"] : [])];
  return ["convoy run", shellWord(file), ...settings, ...ending].join(" ");
}

function trainingFor({ file, set }: AskedRun, epochs: number): AskedRun {
  return { file, set: [...set.filter((setting) => !setting.startsWith("train.epochs=")), `train.epochs=${epochs}`] };
}

interface SummaryOptions {
  record: RunRecord;
  result: RunResult;
  colors: Colors;
  /** How the run was asked for; absent where it is only watched. */
  asked?: AskedRun;
  /** Whether to say what to try next. */
  advice: boolean;
}

/** What came out of a run, for people: verdict, metrics, model, report, and what to try next. */
export function summaryText({ record, result, colors, asked, advice }: SummaryOptions): string {
  const lines = [verdict(record, colors), ...facts(record, result, colors)];
  for (const { message, type } of record.status === "cancelled" ? [] : errorsOf(record))
    lines.push("", `${colors.red("error:")} ${message} (${type})`);
  const next = advice ? nextCommands(record, result, asked) : [];
  if (next.length > 0) {
    const width = Math.max(...next.map(({ command }) => command.length));
    lines.push(
      "",
      colors.bold("Next"),
      ...next.map(({ command, says }) => `  ${command.padEnd(width)}  ${colors.dim(`# ${says}`)}`),
    );
  }
  return `${lines.join("\n")}\n`;
}

/** Of a run that waits, what it waits for. */
function errorsOf({ error, status, stages }: RunRecord): RunError[] {
  if (error) return [error];
  return status === "waiting" ? stages.flatMap((stage) => stage.error ?? []) : [];
}

function verdict(record: RunRecord, colors: Colors): string {
  const seconds = (Date.parse(record.finishedAt ?? "") - Date.parse(record.startedAt)) / 1000;
  const took = Number.isFinite(seconds) ? ` in ${duration(seconds)}` : "";
  const wanted = record.stages.filter((stage) => !isBeyond(stage.name, record.until));
  const reused = wanted.filter((stage) => stage.status === "reused").length;
  const share =
    reused === 0 ? "" : reused === wanted.length ? " (every stage reused)" : ` (${reused} of ${wanted.length} stages reused)`;
  const until = record.until !== undefined && record.status === "done" ? ` up to ${record.until}` : "";
  const symbol = record.status === "done" ? colors.green("✓") : record.status === "failed" ? colors.red("✗") : colors.yellow("!");
  return `${symbol} ${colors.bold(`${record.pipeline.name} ${record.runId}`)} ${record.status}${until}${took}${share}`;
}

function facts(record: RunRecord, result: RunResult, colors: Colors): string[] {
  const rows: [string, string][] = [];
  const collapsed = record.stages.find(({ name }) => name === "train")?.summary["collapsed"];
  if (typeof collapsed === "string") rows.push(["warning", colors.yellow(collapsed)]);
  for (const part of ["test", "validation", "train"] as const) {
    const text = metricsText(result.metrics[part]);
    if (text) rows.push([part, text]);
  }
  if (record.model)
    rows.push([
      "model",
      `${record.model.name} version ${record.model.version}${record.model.isNew ? "" : " (same content as before)"}`,
    ]);
  const promotion = record.stages.find(({ name }) => name === "register")?.summary["promotion"];
  if (typeof promotion === "string") rows.push(["promotion", promotion]);
  if (result.report) rows.push(["report", result.report]);
  if (record.status === "done") rows.push(["seed", String(result.seed)]);
  return rows.length === 0 ? [] : ["", ...rows.map(([name, text]) => `  ${colors.dim(name.padEnd(11))}${text}`)];
}

const shownMetrics: readonly (readonly [string, string])[] = [
  ["loss", "loss"],
  ["accuracy", "accuracy"],
  ["balancedAccuracy", "balanced accuracy"],
  ["macroF1", "macro F1"],
  ["auc", "AUC"],
];

function metricsText(values: Record<string, unknown> | null): string {
  if (!values) return "";
  const known = shownMetrics.flatMap(([key, name]) => {
    const value = values[key];
    return typeof value === "number" ? [`${name} ${metric(value)}`] : [];
  });
  return known.join("   ");
}

type Advice = { command: string; says: string }[];

function nextCommands(record: RunRecord, result: RunResult, asked: AskedRun | undefined): Advice {
  const { runId, status } = record;
  if (status === "done") return afterDone(record, result, asked);
  if (status === "running")
    return [
      { command: `convoy watch ${runId}`, says: "follow it again" },
      { command: `convoy stop ${runId}`, says: "stop it" },
    ];
  const failed = record.stages.find((stage) => stage.status === "failed")?.name;
  const report = result.report ? [{ command: `convoy open ${runId}`, says: "what was found, with examples" }] : [];
  const logs = { command: `convoy logs ${runId}${failed ? ` --stage ${failed}` : ""}`, says: "the whole log" };
  const rerun = asked ? [{ command: runCommand(asked), says: "again; finished stages are reused" }] : [];
  const retry = { command: `convoy retry ${runId}`, says: "go on: what succeeded is kept" };
  if (status === "waiting") return [...report, logs, retry, { command: `convoy stop ${runId}`, says: "give it up" }];
  return status === "cancelled" ? [retry, ...rerun] : [...report, logs, retry, ...rerun];
}

function afterDone({ runId, until, pipeline }: RunRecord, { report }: RunResult, asked: AskedRun | undefined): Advice {
  const open = report ? [{ command: `convoy open ${runId}`, says: "the report in a browser" }] : [];
  const numbers = { command: `convoy show ${runId} --stage ${until ?? "evaluate"}`, says: "all numbers of a stage" };
  if (!asked) return [...open, numbers];
  const whole = { command: runCommand({ file: asked.file, set: asked.set }), says: "all of it; what stands is reused" };
  const longer = {
    command: runCommand(trainingFor(asked, 2 * pipeline.train.epochs)),
    says: "train longer; earlier stages are reused",
  };
  return [...open, numbers, until === undefined ? longer : whole];
}
