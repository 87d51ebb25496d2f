import type { EarlierTraining, StageRecord } from "../../ml/run/schema.ts";
import type { Colors } from "../terminal.ts";
import { duration, metric, oneLine, quantity } from "../format.ts";
import type { RunEvent } from "./run-events.ts";

/** An event as one line of plain text: for logs, pipes and CI. Readable without colour. */
export function eventLine(event: RunEvent, colors: Colors): string {
  switch (event.type) {
    case "run":
      return `run ${event.runId}: ${event.status} (${event.pipeline})`;
    case "stage":
      return stageLine(event, colors);
    case "epoch":
      return [
        `  ${name(event.stage)}epoch ${event.epoch}/${event.epochs}`,
        `loss ${metric(event.loss)}`,
        `accuracy ${metric(event.accuracy)}`,
        ...(event.imagesPerSecond === null ? [] : [`${quantity(event.imagesPerSecond)} images/s`]),
      ].join("  ");
    case "progress":
      return `  ${name(event.stage)}${progressText(event)}`;
    case "notice":
      return `${colors.yellow("!")} ${oneLine(event.message)}`;
  }
}

/** Before a stage knows how much there is to do, its phase. */
function progressText({ done, total, unit, phase }: Extract<RunEvent, { type: "progress" }>): string {
  if (total === 0) return phase ?? `${quantity(done)} ${unit}`;
  return `${quantity(done)} of ${quantity(total)} ${unit} (${Math.floor((100 * done) / total)} %)`;
}

function stageLine(event: Extract<RunEvent, { type: "stage" }>, { green, yellow, red, dim }: Colors): string {
  const title = name(event.stage);
  switch (event.status) {
    case "pending":
      return `· ${title}pending again`;
    case "running":
      return `· ${title}${beginning(event)}`;
    case "ran":
      return `${green("✓")} ${title}ran in ${ending(event)}`;
    case "reused":
      return `${green("✓")} ${title}${reusedText(event.reusedFrom)}`;
    case "failed":
      if (wasStopped(event.error)) return `${yellow("!")} ${title}stopped after ${duration(event.seconds)}`;
      return `${red("✗")} ${title}failed after ${duration(event.seconds)}: ${firstLine(event.error?.message ?? "")}`;
    case "skipped":
      return dim(`- ${title}skipped`);
  }
}

function beginning({ continuedFrom, attempts }: Extract<RunEvent, { type: "stage" }>): string {
  const how = continuedFrom ? `continues ${checkpointText(continuedFrom)}` : "started";
  return attempts > 1 ? `${how}, attempt ${attempts}` : how;
}

function ending({ seconds, continuedFrom, attempts }: Extract<RunEvent, { type: "stage" }>): string {
  const from = continuedFrom ? ` ${checkpointText(continuedFrom)}` : "";
  return `${duration(seconds)}${from}${attempts > 1 ? `, ${attempts} attempts` : ""}`;
}

export function checkpointText({ runId, epoch }: EarlierTraining): string {
  return `from epoch ${epoch} of run ${runId}`;
}

export function reusedText(from: string | null): string {
  return from === null ? "reused" : `reused from run ${from}`;
}

/** Whether a stage ended because its run was stopped: it has no error of its own. */
export function wasStopped(error: StageRecord["error"]): boolean {
  return error === null || error.type === "CancelledFailure";
}

export function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

function name(stage: string): string {
  return stage.padEnd(11);
}
