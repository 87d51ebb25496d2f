import { correctionColumns } from "../ml/ingest/corrections.ts";
import type { Html } from "./html.ts";
import { html } from "./html.ts";

/** What could be said of one image, for whoever looks at the gallery to take or leave. */
export interface CorrectionLine {
  image: string;
  action: "exclude" | "relabel";
  label?: string;
  reason: string;
}

/** Lines to paste into the file that dataset.corrections names, folded away below a gallery. */
export function correctionLines(lines: readonly CorrectionLine[]): Html | null {
  if (lines.length === 0) return null;
  const text = [correctionColumns, ...lines.map(({ image, action, label = "", reason }) => [image, action, label, reason])];
  return html`<details>
    <summary>Lines for <code>dataset.corrections</code></summary>
    <p class="note">
      Copy the lines that are right into a file, fixes.csv say, with this head, write the reason you see, and name the file as
      dataset.corrections. Nothing is corrected by itself.
    </p>
    <pre class="code">${text.map((cells) => cells.map(csvCell).join(",")).join("\n")}</pre>
  </details>`;
}

/** Blanks at the ends count within quotes only. @see RFC 4180 */
function csvCell(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
