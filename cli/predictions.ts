import type { ModelVersion } from "../ml/register/schema.ts";
import type { Prediction, Predictions } from "../serving/predict-images.ts";
import { encodeTable } from "../storage/tables.ts";
import type { Column } from "./table.ts";
import { printTable } from "./table.ts";
import type { Output } from "./terminal.ts";

/** Predictions as a file. */
export function predictionBytes(format: string, version: ModelVersion, result: Predictions): Uint8Array {
  if (format === "parquet") return asParquet(version.signature.classes, result);
  return Buffer.from(format === "json" ? asJson(version, result) : asCsv(version.signature.classes, result));
}

/** Predictions as text. */
export async function printPredictions(
  stdout: Output,
  format: string,
  version: ModelVersion,
  result: Predictions,
): Promise<void> {
  if (format === "table") await printTable(stdout, columns(version.signature.classes), result.predictions);
  else stdout.write(Buffer.from(predictionBytes(format, version, result)).toString("utf8"));
}

function columns(classes: readonly string[]): Column<Prediction>[] {
  const others = ({ probabilities, class: answer }: Prediction) =>
    Array.from(probabilities, (probability, code) => ({ name: classes[code] ?? "", probability }))
      .filter(({ name }) => name !== answer)
      .toSorted((a, b) => b.probability - a.probability)
      .slice(0, 2);
  return [
    { title: "IMAGE", cell: ({ path }) => path },
    { title: "CLASS", cell: (row) => row.class },
    {
      title: "PROBABILITY",
      cell: ({ probability }) => probability.toFixed(4),
      exact: ({ probability }) => String(probability),
      align: "right",
    },
    {
      title: "NEXT",
      cell: (row) =>
        others(row)
          .map(({ name, probability }) => `${name} ${probability.toFixed(4)}`)
          .join(", "),
      exact: (row) =>
        others(row)
          .map(({ name, probability }) => `${name}=${probability}`)
          .join(","),
      rank: 1,
    },
  ];
}

function asJson({ name, version, signature: { classes } }: ModelVersion, { predictions, unreadable }: Predictions): string {
  const rows = predictions.map(({ probabilities, ...row }) => ({
    ...row,
    probabilities: Object.fromEntries(
      Array.from(probabilities, (probability, code) => [classes[code] ?? String(code), probability]),
    ),
  }));
  return `${JSON.stringify({ model: { name, version }, predictions: rows, unreadable }, null, 2)}\n`;
}

/** @see https://www.rfc-editor.org/rfc/rfc4180 */
function asCsv(classes: readonly string[], { predictions }: Predictions): string {
  const head = ["path", "class", "probability", ...classes.map((name) => `probability:${name}`)];
  const rows = predictions.map((row) => [row.path, row.class, row.probability, ...row.probabilities]);
  return [head, ...rows].map((cells) => `${cells.map((cell) => quoted(String(cell))).join(",")}\n`).join("");
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function asParquet(classes: readonly string[], { predictions }: Predictions): Uint8Array {
  return encodeTable([
    { name: "path", type: "string", values: predictions.map(({ path }) => path) },
    { name: "class", type: "string", values: predictions.map((row) => row.class) },
    { name: "probability", type: "double", values: predictions.map(({ probability }) => probability) },
    ...classes.map((name, code) => ({
      name: `probability:${name}`,
      type: "double" as const,
      values: predictions.map(({ probabilities }) => probabilities[code] ?? null),
    })),
  ]);
}
