import type { Alert, Exploration } from "../../ml/explore/schema.ts";
import type { Dataset } from "../../ml/ingest/schema.ts";
import { compact, count, percent } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import { facts } from "../table.ts";

const tones = { bad: "bad", warn: "warn", info: "soft" } as const;
const words = { bad: "problem", warn: "warning", info: "note" } as const;

/** What to know first, then the size of it all. */
export function overview(exploration: Exploration, dataset: Dataset): Html {
  const { alerts, pixels, balance } = exploration;
  const number = (severity: Alert["severity"]) => alerts.filter((alert) => alert.severity === severity).length;
  const [bad, warn] = [number("bad"), number("warn")];
  const tone = bad > 0 ? "bad" : warn > 0 ? "warn" : "good";
  return html`<div class="verdict ${tone}">
      <strong>${headline(bad, warn)}</strong>
      ${alertList(alerts)}
    </div>
    ${facts([
      ["Images", count(dataset.rowCount)],
      ["Classes", count(dataset.classes.length)],
      ["Shape", `${dataset.height} × ${dataset.width} × ${dataset.channels}`],
      ["Stored as", dataset.dtype],
      ["Values", `${count(pixels.min)} to ${count(pixels.max)}`],
      ["Columns", count(dataset.columns.length)],
      ["Largest : smallest class", `${compact(Number(balance.imbalanceRatio.toFixed(1)))} : 1`],
      ["Evenness of classes", percent(balance.evenness)],
      ["Unreadable files", count(dataset.unreadable.length)],
      ["Licence", dataset.licence ?? "not stated"],
    ])}`;
}

function headline(bad: number, warn: number): string {
  if (bad > 0) return `${several(bad, "problem")} and ${several(warn, "warning")} to look at before training.`;
  if (warn > 0) return `No problem, ${several(warn, "warning")}.`;
  return "Nothing stands out.";
}

function several(value: number, word: string): string {
  return `${value} ${word}${value === 1 ? "" : "s"}`;
}

function alertList(alerts: readonly Alert[]): Html | null {
  if (alerts.length === 0) return null;
  return html`<ul class="alerts">
    ${alerts.map(({ severity, message, section }) => html`<li><span class="badge ${tones[severity]}">${words[severity]}</span> <a href="#${section}">${message}</a></li>`)}
  </ul>`;
}
