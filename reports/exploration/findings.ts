import type { CheckReport, RuleResult } from "../../ml/check/schema.ts";
import type { Comparison } from "../../ml/explore/schema.ts";
import type { Dataset } from "../../ml/ingest/schema.ts";
import { compact, count, dash, decimal } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import { table } from "../table.ts";

const checkTones = { passed: "good", failed: "bad", warned: "warn", info: "soft", waived: "warn" } as const;
/** Bad news first. */
const order: readonly RuleResult["status"][] = ["failed", "warned", "waived", "info", "passed"];
/** The worst word first. */
const verdicts = ["over", "unknown", "fine"] as const;
const verdictWords = { fine: "fine", over: "over", unknown: "cannot be said" } as const;
const verdictTones = { fine: "good", over: "bad", unknown: "soft" } as const;

/** What parts have in common that they must not, and how far they are apart. */
export function driftSection(comparisons: readonly Comparison[]): Html {
  if (comparisons.length === 0) return html`<p>There is one part only, nothing to compare.</p>`;
  const pairs = [...new Set(comparisons.map(pairOf))];
  const names = [...new Set(comparisons.map(({ name, measure }) => `${name}\n${measure}`))];
  return html`${table({
      columns: ["what", "measure", ...pairs, "limit", "verdict"],
      rows: names.map((key) => {
        const own = comparisons.filter(({ name, measure }) => `${name}\n${measure}` === key);
        const values = pairs.map((pair) => valueText(own.find((comparison) => pairOf(comparison) === pair)));
        const verdict = verdicts.find((word) => own.some((comparison) => comparison.verdict === word)) ?? "unknown";
        return [
          own[0]?.name,
          own[0]?.measure,
          ...values,
          compact(own[0]?.threshold ?? null),
          badge(verdictWords[verdict], verdictTones[verdict]),
        ];
      }),
    })}
    <p class="note">
      Kolmogorov–Smirnov: the largest gap between the cumulative shares of two parts. Cramér's V (bias-corrected): how much a
      value tells about the part. Both are effect sizes, 0 to 1; a p-value would be tiny with many images.
    </p>`;
}

function pairOf({ part, against }: Comparison): string {
  return `${part} / ${against}`;
}

function valueText(comparison: Comparison | undefined): string {
  if (!comparison) return dash;
  return comparison.measure.startsWith("shared") ? count(comparison.value) : decimal(comparison.value);
}

/** Every rule of the check with its result, the bad ones first; those that pass are folded away. */
export function checksSection({ results }: CheckReport): Html {
  if (results.length === 0) return html`<p>No rules were checked.</p>`;
  const ordered = [...results].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
  const [others, passed] = [
    ordered.filter(({ status }) => status !== "passed"),
    ordered.filter(({ status }) => status === "passed"),
  ];
  return html`${others.length > 0 && rulesTable(others)}
  ${
    passed.length > 0 &&
    html`<details>
      <summary>${count(passed.length)} ${passed.length === 1 ? "rule passes" : "rules pass"}</summary>
      ${rulesTable(passed)}
    </details>`
  }`;
}

function rulesTable(results: readonly RuleResult[]): Html {
  return table({
    columns: ["rule", "result", "found", "value", "limit", "images"],
    rows: results.map((result) => [
      result.rule,
      badge(result.status, checkTones[result.status]),
      result.waiver === null ? result.message : `${result.message}. Waived: ${result.waiver}`,
      compact(result.value),
      compact(result.threshold),
      count(result.rowCount),
    ]),
  });
}

/** Files listed on a page; all of them stand in the data set's JSON. */
const unreadableLimit = 100;

export function unreadableFiles({ unreadable: files }: Pick<Dataset, "unreadable">): Html {
  return html`${table({ columns: ["file", "reason"], rows: files.slice(0, unreadableLimit).map(({ source, reason }) => [source, reason]) })}
  ${files.length > unreadableLimit && html`<p class="note">${count(files.length - unreadableLimit)} more.</p>`}`;
}

function badge(text: string, tone: string): Html {
  return html`<span class="badge ${tone}">${text}</span>`;
}
