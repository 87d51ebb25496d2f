import { readFile, stat } from "node:fs/promises";

import { parse } from "csv-parse/sync";

import { InvalidData } from "../ml/errors.ts";
import type { TextColumns } from "../ml/ingest/table-columns.ts";
import { decodeTable } from "./tables.ts";

/** A table is held in memory whole, as text and as columns. */
const largestTableBytes = 512 * 1024 * 1024;

/**
 * Reads a CSV, TSV or parquet file by its name's ending. Cells of CSV are text, "" where there is nothing; nothing in them is ever evaluated.
 * What parts them is what the head has most of: commas, semicolons (of spreadsheets where the comma is decimal, which becomes a point) or tabs.
 * Blanks around cells count within quotes only; lines and unnamed columns without any value, as spreadsheets leave them, are left out.
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
  const { delimiter, records } = parseRecords(bytes, name);
  const [head = [], ...lines] = records;
  if (lines.length === 0) throw new InvalidData(`${name}: has no line below its head`);
  const columns = head
    .map((column, i) => ({ column, cells: lines.map((line) => line[i] ?? "") }))
    .filter(({ column, cells }) => column !== "" || cells.some((cell) => cell !== ""));
  const names = columns.map(({ column }) => column);
  const twice = names.find((column, i) => names.indexOf(column) !== i);
  if (twice !== undefined) throw new InvalidData(`${name}: two columns are named ${JSON.stringify(twice)}; names must be unique`);
  const asNumbers = delimiter === ";" ? withDecimalPoints : (cells: string[]) => cells;
  return Object.fromEntries(columns.map(({ column, cells }) => [column, asNumbers(cells)]));
}

const decimalComma = /^[-+]?\d*(?:,\d+)?(?:[eE][-+]?\d+)?$/;

/** Of a column of numbers alone; in prose a comma is one. */
function withDecimalPoints(cells: string[]): string[] {
  return cells.every((cell) => decimalComma.test(cell)) ? cells.map((cell) => cell.replace(",", ".")) : cells;
}

function parseRecords(bytes: Uint8Array, name: string): { delimiter: string; records: string[][] } {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const delimiter = delimiterOf(text);
    // Trimming takes tabs for blanks, which here part cells.
    const options = { delimiter, trim: delimiter !== "\t", skip_empty_lines: true, skip_records_with_empty_values: true };
    return { delimiter, records: parse(text, options) };
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
