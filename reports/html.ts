/** Markup that is safe to put into a page as it stands: only `html` and `trusted` make it. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
  toString(): string {
    return this.markup;
  }
}

export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[];

/**
 * Builds markup and escapes every value that is not markup itself; lists are joined, null, undefined and false are left out.
 * Values may stand in text and in attributes within double quotes, nowhere else.
 *
 * @example html`<td title="${"a & b"}">${"<script>"}</td>`  // <td title="a &amp; b">&lt;script&gt;</td>
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const [first = "", ...rest] = tightened(strings);
  return new Html(rest.reduce((markup, text, i) => markup + render(values[i]) + text, first));
}

const tightTemplates = new WeakMap<TemplateStringsArray, readonly string[]>();

/** Our own indentation is a fifth of a page with many charts, so it goes; values keep every space. */
function tightened(strings: TemplateStringsArray): readonly string[] {
  const known = tightTemplates.get(strings);
  if (known) return known;
  const tight = strings.map((text) => text.replace(/\n\s+/g, "\n"));
  tightTemplates.set(strings, tight);
  return tight;
}

/** Markup written by ourselves, never text from data. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

function render(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return "";
  if (value instanceof Html) return value.markup;
  if (typeof value === "object") return value.map(render).join("");
  return escapeText(String(value));
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/**
 * Control characters, which pages may not hold, and direction overrides, which make text look like other text, become U+FFFD.
 * @see https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */
function escapeText(text: string): string {
  return text
    .replace(/[^\P{Cc}\n\t\r]|\p{Surrogate}|[\u202a-\u202e\u2066-\u2069]/gu, "\ufffd")
    .replace(/[&<>"']/g, (character: string) => entities[character] ?? "");
}
