/** What stands where nothing was measured. */
export const dash = "–";

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** 12345 → "12,345". */
export function count(value: number | null): string {
  return value === null ? dash : grouped.format(value);
}

/** 0.9234 → "92.3 %". */
export function percent(value: number | null, digits = 1): string {
  return value === null || !Number.isFinite(value) ? dash : `${(100 * value).toFixed(digits)} %`;
}

/** 0.9234 → "92.34 %", 0.5 → "50 %": as many digits as there are, at most four, for axes and the numbers behind charts. */
export function percentCompact(value: number): string {
  return `${Number((100 * value).toPrecision(4))} %`;
}

/** A share as its table cell: three decimals, "0.923". */
export function decimal(value: number | null, digits = 3): string {
  return value === null || !Number.isFinite(value) ? dash : value.toFixed(digits);
}

/** Any number in about four significant digits, for axes and tables of mixed sizes: 0.00012, 3.142, 12,345. */
export function compact(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return dash;
  const size = Math.abs(value);
  if (size >= 1000) return grouped.format(value);
  if (size !== 0 && size < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(4)));
}

/** [0.9, 0.95] → "90.0–95.0 %"; empty where there is none. */
export function percentRange(interval: readonly [number, number] | null | undefined): string {
  return interval ? `${(100 * interval[0]).toFixed(1)}–${(100 * interval[1]).toFixed(1)} %` : "";
}

/** At most `length` characters, the rest as an ellipsis in the middle, since names often differ at their ends. */
export function shorten(text: string, length: number): string {
  const characters = Array.from(text);
  if (characters.length <= length) return text;
  const tail = Math.floor((length - 1) / 3);
  return `${characters.slice(0, length - 1 - tail).join("")}…${characters.slice(characters.length - tail).join("")}`;
}

/** Characters of the longest text, at least 1; capitals and other wide letters count as 1.3. */
export function longest(texts: readonly string[]): number {
  return texts.reduce((length, text) => Math.max(length, text.length + 0.3 * (text.match(wideLetters)?.length ?? 0)), 1);
}

const wideLetters = /[\p{Lu}MWmw@%\u2e80-\uffef]/gu;
