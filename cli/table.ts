import type { Output } from "./terminal.ts";

export interface Column<Row> {
  title: string;
  /** For people. */
  cell: (row: Row) => string;
  /** For programs, where it differs: exact, never shortened. */
  exact?: (row: Row) => string;
  align?: "left" | "right";
  /** Columns of the highest number leave first where the terminal is too narrow; 0 never leaves. */
  rank?: number;
}

/** A table on a terminal; elsewhere tab-separated lines without a header and with exact values. */
export async function printTable<Row>(output: Output, columns: readonly Column<Row>[], rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  if (!output.isTerminal) {
    for (const row of rows) output.write(`${columns.map((column) => oneLine((column.exact ?? column.cell)(row))).join("\t")}\n`);
    return;
  }
  const { default: Table } = await import("cli-table3");
  const shown = fitting(columns, rows, output.columns);
  const table = new Table({
    chars: noBorders,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
    head: shown.map(({ title }) => output.colors.dim(title)),
    colAligns: shown.map(({ align }) => align ?? "left"),
  });
  for (const row of rows) table.push(shown.map((column) => column.cell(row)));
  output.write(`${table.toString()}\n`);
}

const noBorders = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** Drops columns of high rank until the rest fits. */
function fitting<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): Column<Row>[] {
  const wide = ({ title, cell }: Column<Row>) => Math.max(title.length, ...rows.map((row) => visibleLength(cell(row))));
  const shown = [...columns];
  const total = () => shown.reduce((sum, column) => sum + wide(column) + 2, -2);
  while (total() > width) {
    const highest = shown.reduce((a, b) => ((b.rank ?? 0) >= (a.rank ?? 0) ? b : a));
    if ((highest.rank ?? 0) === 0) break;
    shown.splice(shown.indexOf(highest), 1);
  }
  return shown;
}

function visibleLength(text: string): number {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/\u001B\[[0-9;]*m/g, "").length;
}

function oneLine(text: string): string {
  return text.replaceAll(/[\t\r\n]+/g, " ");
}
