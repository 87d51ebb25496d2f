import type { StackPart, StackReport } from "./services.ts";
import { printTable } from "./table.ts";
import type { Output } from "./terminal.ts";

/** The parts of the stack, a line each. */
export async function printParts(output: Output, report: StackReport): Promise<void> {
  const { green, yellow, red, dim } = output.colors;
  const paint = { running: green, external: green, starting: yellow, stopped: dim, broken: red };
  const columns = [
    { title: "PART", cell: (part: StackPart) => part.name },
    { title: "STATE", cell: (part: StackPart) => paint[part.state](part.state), exact: (part: StackPart) => part.state },
    { title: "DETAIL", cell: (part: StackPart) => part.detail, rank: 1 },
  ];
  await printTable(output, columns, report.parts);
}
