import type { CheckReport, RuleResult } from "../ml/check/schema.ts";
import type { Dataset } from "../ml/ingest/schema.ts";
import { checksSection, unreadableFiles } from "./exploration/findings.ts";
import { ruleExamples } from "./exploration/galleries.ts";
import { count } from "./format.ts";
import type { Html } from "./html.ts";
import { html } from "./html.ts";
import { page } from "./page.ts";
import type { Picture } from "./pictures.ts";
import { facts } from "./table.ts";

export interface CheckPage {
  check: CheckReport;
  dataset: Dataset;
  /** Hash of the data set. */
  sha256: string;
  /** Pictures of rows that rules found fault with, by rule. */
  examples: readonly { title: string; pictures: readonly Picture[] }[];
}

/** What the rules found, as a page: there also where a failed gate ends the run before anything is explored. */
export function checkPage({ check, dataset, sha256, examples }: CheckPage): string {
  return page({
    title: `Check of ${count(dataset.rowCount)} images in ${count(dataset.classes.length)} classes`,
    subtitle: html`Data <code>${sha256.slice(0, 12)}</code>`,
    summary: html`${verdict(check)}
    ${facts([
      ["Images", count(dataset.rowCount)],
      ["Classes", count(dataset.classes.length)],
      ["Shape", `${dataset.height} × ${dataset.width} × ${dataset.channels}`],
      ["Columns", count(dataset.columns.length)],
      ["Unreadable files", count(dataset.unreadable.length)],
    ])}`,
    sections: [
      { id: "rules", title: "Rules", body: checksSection(check) },
      ...(examples.length > 0 ? [{ id: "examples", title: "Examples", body: ruleExamples({ rules: examples }) }] : []),
      ...(dataset.unreadable.length > 0
        ? [{ id: "unreadable", title: "Files that could not be used", body: unreadableFiles(dataset) }]
        : []),
    ],
    footer: "Made by convoy. This page needs no network and runs no script.",
  });
}

function verdict({ results }: CheckReport): Html {
  const withStatus = (wanted: RuleResult["status"]) => results.filter(({ status }) => status === wanted);
  const [failed, warned] = [withStatus("failed"), withStatus("warned")];
  const tone = failed.length > 0 ? "bad" : warned.length > 0 ? "warn" : "good";
  const headline =
    failed.length > 0
      ? `${failed.length} of ${results.length} rules do not pass: the run stops here.`
      : warned.length > 0
        ? `Every gate passes; ${warned.length} of ${results.length} rules warn.`
        : `All ${results.length} rules pass.`;
  return html`<div class="verdict ${tone}">
    <strong>${headline}</strong>
    ${
      failed.length > 0 &&
      html`<ul>
          ${failed.map(({ rule, message }) => html`<li>${rule}: ${message}</li>`)}
        </ul>
        <p class="note">Correct the data, or waive a rule under check.waive with its reason.</p>`
    }
  </div>`;
}
