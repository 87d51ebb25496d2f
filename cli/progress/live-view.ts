import stringWidth from "string-width";

import type { RunView } from "../../client/types.ts";
import type { StageProgress, StageRecord } from "../../ml/run/schema.ts";
import type { Colors } from "../terminal.ts";
import { clock, duration, metric, oneLine, quantity } from "../format.ts";
import { checkpointText, firstLine, reusedText, wasStopped } from "./event-lines.ts";
import { Rate } from "./rate.ts";

const spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const spinnerFrameMs = 100;
const nameWidth = 10;

/** A part of a line; those of low rank leave first where the line is too narrow. */
interface Part {
  text: string;
  rank: number;
}

/** Draws a run as a block of lines, one a stage, that fits the terminal. */
export class LiveView {
  readonly #rates = new Map<string, Rate>();

  lines(view: RunView, { columns, colors, nowMs }: { columns: number; colors: Colors; nowMs: number }): string[] {
    const { record } = view;
    const elapsed = (Date.parse(record.finishedAt ?? "") || nowMs) - Date.parse(record.startedAt);
    const title: Part[] = [
      { text: colors.bold(record.pipeline.name), rank: 9 },
      { text: record.runId, rank: 8 },
      { text: view.paused.length > 0 ? "paused" : record.status, rank: 7 },
      { text: colors.dim(clock(elapsed / 1000)), rank: 6 },
    ];
    const stages = record.stages.map((stage) => this.#stageParts(stage, view.progress[stage.name], { columns, colors, nowMs }));
    const notices = view.notices.map((notice) => [{ text: `${colors.yellow("!")} ${oneLine(notice)}`, rank: 9 }]);
    return [title, ...stages, ...notices].map((parts) => fit(parts, columns));
  }

  #stageParts(
    stage: StageRecord,
    progress: StageProgress | undefined,
    look: { columns: number; colors: Colors; nowMs: number },
  ): Part[] {
    const { colors, nowMs } = look;
    const named = (symbol: string): Part => ({ text: `${symbol} ${stage.name.padEnd(nameWidth)}`, rank: 9 });
    switch (stage.status) {
      case "pending":
        return [named(colors.dim("·"))];
      case "skipped":
        return [named(colors.dim("-")), { text: colors.dim("skipped"), rank: 8 }];
      case "ran":
        return [named(colors.green("✓")), { text: duration(stage.seconds), rank: 8 }, ...continued(stage), ...attempts(stage)];
      case "reused":
        return [named(colors.green("✓")), { text: colors.dim(reusedText(stage.reusedFrom)), rank: 8 }];
      case "failed":
        if (wasStopped(stage.error)) return [named(colors.yellow("!")), { text: "stopped", rank: 8 }];
        return [named(colors.red("✗")), { text: firstLine(stage.error?.message ?? "failed"), rank: 8 }];
      case "running": {
        const frame = spinner[Math.floor(nowMs / spinnerFrameMs) % spinner.length] ?? "·";
        return [
          named(colors.cyan(frame)),
          ...(progress ? this.#progressParts(stage, progress, look) : waiting(stage, nowMs)),
          ...continued(stage),
          ...attempts(stage),
        ];
      }
    }
  }

  #progressParts(
    stage: StageRecord,
    progress: StageProgress,
    { columns, colors, nowMs }: { columns: number; colors: Colors; nowMs: number },
  ): Part[] {
    const { done, total, unit, phase } = progress;
    // A training goes through its phases once an epoch; elsewhere each phase counts something of its own.
    const rate = this.#rateOf(`${stage.name} ${unit} ${progress.epoch === undefined ? phase : ""}`);
    rate.note(done, nowMs);
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const left = rate.secondsFor(total - done);
    const perSecond = rate.perSecond();
    const parts: Part[] = [
      { text: bar(share, columns < 60 ? 6 : columns < 100 ? 16 : 24, colors), rank: 7 },
      { text: `${String(Math.floor(share * 100)).padStart(3)} %`, rank: 8 },
    ];
    if (progress.epoch === undefined) {
      parts.push({ text: `${quantity(done)}/${quantity(total)} ${unit}`, rank: 5 });
      if (perSecond !== undefined) parts.push({ text: `${quantity(perSecond)} ${unit}/s`, rank: 3 });
    } else parts.push(...trainingParts(progress));
    if (phase && phase !== "training") parts.push({ text: phase, rank: 4 });
    if (left !== undefined && left > 0) parts.push({ text: `${clock(left)} left`, rank: 6 });
    return parts;
  }

  #rateOf(name: string): Rate {
    const rate = this.#rates.get(name) ?? new Rate();
    this.#rates.set(name, rate);
    return rate;
  }
}

function trainingParts({ epoch, epochs, step, steps, loss, accuracy, imagesPerSecond }: StageProgress): Part[] {
  return [
    { text: `epoch ${epoch}/${epochs ?? "?"}`, rank: 7 },
    ...(step === undefined || steps === undefined ? [] : [{ text: `step ${quantity(step)}/${quantity(steps)}`, rank: 1 }]),
    { text: `loss ${metric(loss)}`, rank: 5 },
    { text: `accuracy ${metric(accuracy)}`, rank: 4 },
    ...(typeof imagesPerSecond === "number" ? [{ text: `${quantity(imagesPerSecond)} images/s`, rank: 2 }] : []),
  ];
}

function continued({ continuedFrom }: StageRecord): Part[] {
  return continuedFrom ? [{ text: checkpointText(continuedFrom), rank: 2 }] : [];
}

function attempts(stage: StageRecord): Part[] {
  return stage.attempts > 1 ? [{ text: `attempt ${stage.attempts}`, rank: 2 }] : [];
}

function waiting(stage: StageRecord, nowMs: number): Part[] {
  if (stage.startedAt === null) return [];
  return [{ text: clock((nowMs - Date.parse(stage.startedAt)) / 1000), rank: 5 }];
}

function bar(share: number, width: number, colors: Colors): string {
  const full = Math.round(share * width);
  return colors.cyan("━".repeat(full)) + colors.dim("─".repeat(width - full));
}

/** Joins parts, leaving out the least important until the line fits; what is left over is cut. */
function fit(parts: Part[], columns: number): string {
  const kept = [...parts];
  const text = () => kept.map((part) => part.text).join("  ");
  while (kept.length > 1 && stringWidth(text()) >= columns) {
    const lowest = kept.reduce((a, b) => (b.rank <= a.rank ? b : a));
    if (lowest.rank >= 8) break;
    kept.splice(kept.indexOf(lowest), 1);
  }
  return cut(text().trimEnd(), columns - 1);
}

/** Cuts visible characters beyond `width`, keeping colour codes. */
function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let result = "";
  let used = 0;
  // eslint-disable-next-line no-control-regex
  for (const piece of text.split(/(\u001B\[[0-9;]*m)/)) {
    if (piece.startsWith("\u001B[")) result += piece;
    else {
      for (const character of piece) {
        const wide = stringWidth(character);
        if (used + wide > width - 1) continue;
        result += character;
        used += wide;
      }
    }
  }
  return `${result}…`;
}
