import type { SweepRecord } from "../ml/sweep-record/schema.ts";
import { choiceText } from "../ml/sweep/choice-text.ts";
import type { Trial } from "../ml/sweep/schema.ts";
import { metric } from "./format.ts";
import type { SweepResult } from "./sweep-result.ts";
import type { Column } from "./table.ts";
import type { Colors } from "./terminal.ts";

/** Lines that tell what changed between two looks at a sweep. */
export function sweepNews(before: SweepRecord | null, now: SweepRecord, colors: Colors): string[] {
  const lines = before === null ? [`sweep ${now.sweepId}: ${now.pipeline.name}, ${now.parameters.algorithm}`] : [];
  for (const trial of now.trials) {
    const earlier = before?.trials[trial.number - 1];
    if (earlier?.status !== trial.status || earlier.untilEpoch !== trial.untilEpoch || earlier.value !== trial.value)
      lines.push(trialLine(trial, now, colors));
  }
  if (now.winner && !before?.winner) lines.push(`· trial ${now.winner.number} is tested, as run ${now.winner.runId}`);
  return lines;
}

function trialLine(trial: Trial, record: SweepRecord, colors: Colors): string {
  const { number, status, parameters } = trial;
  const sign = {
    running: "·",
    paused: colors.green("✓"),
    done: colors.green("✓"),
    pruned: "-",
    cancelled: colors.yellow("!"),
    failed: colors.red("✗"),
  }[status];
  const crown = record.best === number && status !== "running" ? colors.bold("  best so far") : "";
  return `${sign} trial ${String(number).padEnd(4)} ${trialText(trial, record)}  ${parametersText(parameters)}${crown}`;
}

function trialText({ status, value, deviation, untilEpoch, executions }: Trial, { pipeline }: SweepRecord): string {
  const isWhole = untilEpoch >= pipeline.train.epochs;
  if (status === "running") return `${value === null ? "started" : "goes on"}${isWhole ? "" : ` to epoch ${untilEpoch}`}`;
  if (status === "failed") return `failed: ${executions.find(({ error }) => error)?.error?.message ?? ""}`;
  if (status === "cancelled") return "cancelled";
  const spread = deviation === null ? "" : ` ± ${metric(deviation)}`;
  return `${status === "pruned" ? "pruned  " : ""}${metric(value)}${spread}${isWhole ? "" : ` at epoch ${untilEpoch}`}`;
}

export function parametersText(parameters: Readonly<Record<string, unknown>>): string {
  return Object.entries(parameters)
    .map(([key, value]) => `${key}=${valueText(value)}`)
    .join("  ");
}

function valueText(value: unknown): string {
  return typeof value === "number" ? String(Number(value.toPrecision(4))) : choiceText(value);
}

/** How a sweep stands, in a few lines. */
export function verdict({ sweepId, status, reason, best, metrics, model, objective, winner }: SweepResult): string {
  const lines = [`sweep ${sweepId} ${status}${reason === null ? "" : `: ${reason}`}`];
  if (best) lines.push(`  best       trial ${best.number}, validation ${objective.metric} ${metric(best.value)}`);
  const accuracy = metrics?.test?.["accuracy"];
  if (typeof accuracy === "number") lines.push(`  test       accuracy ${metric(accuracy)}, of the winner alone`);
  if (model) lines.push(`  model      ${model.name} version ${model.version}`);
  if (winner) lines.push(`  report     convoy open ${winner.runId}`);
  return lines.join("\n");
}

/** A row a trial, a column a key. */
export function trialColumns(result: SweepResult): Column<SweepResult["trials"][number]>[] {
  const keys = [...new Set(result.trials.flatMap(({ parameters }) => Object.keys(parameters)))];
  return [
    { title: "TRIAL", cell: ({ number }) => String(number), align: "right" },
    { title: "STATUS", cell: ({ status }) => status },
    {
      title: result.objective.metric.toUpperCase(),
      cell: ({ value }) => metric(value),
      exact: ({ value }) => String(value ?? ""),
      align: "right",
    },
    {
      title: "±",
      cell: ({ deviation }) => metric(deviation),
      exact: ({ deviation }) => String(deviation ?? ""),
      align: "right",
      rank: 2,
    },
    { title: "EPOCHS", cell: ({ epochs }) => String(epochs), align: "right", rank: 3 },
    ...keys.map((key): Column<SweepResult["trials"][number]> => ({
      title: key,
      cell: ({ parameters }) => (key in parameters ? valueText(parameters[key]) : "-"),
      exact: ({ parameters }) => (key in parameters ? choiceText(parameters[key]) : ""),
      rank: 1,
    })),
  ];
}
