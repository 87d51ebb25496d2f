import { readFile, stat } from "node:fs/promises";

import { parse } from "csv-parse/sync";

import { InvalidData } from "../ml/errors.ts";
import type { TextColumns } from "../ml/ingest/table-columns.ts";
import { decodeTable } from "./tables.ts";

/** A table is held in memory whole, as text and as columns. */
const largestTableBytes = 512 * 1024 * 1024;

/**
 * Reads a CSV, TSV or parquet file by its name's ending. Cells of CSV are text, "" where there is nothing; nothing in them is ever evaluated.
 * What parts them is what the head has most of: commas, semicolons (spreadsheets where the comma is decimal) or tabs.
 * @throws {InvalidData} where lines differ in length, a name stands twice in the head, or it is not UTF-8
 */
export async function readTextTable(path: string, name: string): Promise<TextColumns> {
  const { size } = await stat(path);
  if (size > largestTableBytes)
    throw new InvalidData(`${name} has ${size} bytes; tables of at most ${largestTableBytes} are read`);
  const bytes = await readFile(path);
  if (/\.parquet$/i.test(name)) {
    const table = await decodeTable(bytes, name);
    const toText = (cell: string | number | boolean | null) => (typeof cell === "boolean" ? String(cell) : cell);
    return Object.fromEntries(Object.entries(table).map(([column, cells]) => [column, cells.map(toText)]));
  }
  return parseTextTable(bytes, name);
}

/** {@link readTextTable} of a CSV or TSV file in memory. */
export function parseTextTable(bytes: Uint8Array, name: string): TextColumns {
  const [head = [], ...lines] = parseLines(bytes, name);
  const twice = head.find((column, i) => head.indexOf(column) !== i);
  if (twice !== undefined) throw new InvalidData(`${name}: two columns are named ${JSON.stringify(twice)}; names must be unique`);
  if (lines.length === 0) throw new InvalidData(`${name}: has no line below its head`);
  return Object.fromEntries(head.map((column, i) => [column, lines.map((line) => line[i] ?? "")]));
}

function parseLines(bytes: Uint8Array, name: string): string[][] {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return parse(text, { delimiter: delimiterOf(text), skip_empty_lines: true });
  } catch (cause) {
    throw new InvalidData(`${name} cannot be read as a table: ${(cause as Error).message}; save it as CSV in UTF-8`, { cause });
  }
}

const headIsWithin = 65_536;

function delimiterOf(text: string): string {
  const [head = ""] = text
    .slice(0, headIsWithin)
    .replaceAll(/"(?:[^"]|"")*"/g, "")
    .split(/[\r\n]/, 1);
  const count = (delimiter: string) => head.split(delimiter).length;
  return [",", ";", "\t"].reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}
