/**
 * Text as Markdown that shows it and nothing else: no link, no heading, no markup, no new cell or line, whatever it holds.
 * @see https://spec.commonmark.org/0.31.2/#backslash-escapes
 */
export function markdownText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Surrogate}\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .replace(/[\\`*_{}[\]<>#|~!&]/g, (character: string) => `\\${character}`)
    .replace(/^(\s*)([-+]|\d+[.)])(?=\s|$)/, "$1\\$2");
}

/** A table of plain text. */
export function markdownTable({ columns, rows }: { columns: readonly string[]; rows: readonly (readonly string[])[] }): string {
  const line = (cells: readonly string[]) => `| ${cells.map(markdownText).join(" | ")} |`;
  return [line(columns), `|${columns.map(() => " --- |").join("")}`, ...rows.map(line)].join("\n");
}
