import type { ModelView } from "../../client/models.ts";
import type { Difference } from "../../ml/differences.ts";
import type { Call } from "../define-command.ts";
import type { LogitCorrection } from "../../ml/evaluate/schema.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytes, metric, moment, quantity } from "../format.ts";
import { printPairs } from "../pairs.ts";
import { printTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

/** `convoy models show MODEL`. */
export async function showModel(call: Call<{ model: string }>): Promise<number> {
  const view = await withConvoy(call, ({ models }) => models.show(call.arguments.model));
  if (call.common.json) printJson(call, view);
  else printModel(call.terminal, view);
  return exitCodes.done;
}

/** `convoy models diff A B`. */
export async function diffModels(call: Call<{ a: string; b: string }>): Promise<number> {
  const { a, b } = call.arguments;
  const difference = await withConvoy(call, ({ models }) => models.diff(a, b));
  if (call.common.json) {
    printJson(call, difference);
    return exitCodes.done;
  }
  const { stdout } = call.terminal;
  const [left, right] = [difference.a, difference.b].map(({ name, version }) => `${name}:${version}`.toUpperCase()) as [
    string,
    string,
  ];
  if (difference.sameContent) stdout.write("Both have the same signature and files.\n");
  await printTable(
    stdout,
    [
      { title: "METRIC", cell: ({ name }) => name },
      { title: left, cell: (row) => metric(row.a), exact: (row) => String(row.a ?? ""), align: "right" },
      { title: right, cell: (row) => metric(row.b), exact: (row) => String(row.b ?? ""), align: "right" },
      { title: "CHANGE", cell: ({ delta }) => signed(delta), exact: ({ delta }) => String(delta ?? ""), align: "right" },
    ],
    difference.metrics,
  );
  for (const [title, rows] of [
    ["PARAMETER", difference.parameters],
    ["DATA", difference.lineage],
    ["SIGNATURE", difference.signature],
  ] as const) {
    if (rows.length > 0 && stdout.isTerminal) stdout.write("\n");
    await printTable(
      stdout,
      [
        { title, cell: ({ key }: Difference) => key },
        { title: left, cell: (row) => shown(row.a, 24), exact: (row) => shown(row.a) },
        { title: right, cell: (row) => shown(row.b, 24), exact: (row) => shown(row.b) },
      ],
      rows,
    );
  }
  return exitCodes.done;
}

function printModel(terminal: Terminal, view: ModelView): void {
  const { record } = view;
  const { signature, files } = record;
  const [height = 0, width = 0, channels = 0] = signature.input.shape;
  const { resize = "unknown", kernel = "unknown" } = signature.preprocessing ?? {};
  printPairs(terminal, [
    ["model", `${view.name}:${view.version}`],
    ["aliases", view.aliases.join(", ") || "-"],
    ...Object.entries(view.tags).map(([key, value]) => [`tag ${key}`, value] as const),
    ["registered", moment(view.createdAt)],
    ["run", view.runId],
    ...Object.entries(record.metrics).map(([key, value]) => [key, metric(value)] as const),
    ["input", `${signature.input.dtype} ${height} × ${width} × ${channels}, resize ${resize}, kernel ${kernel}`],
    ["classes", `${signature.classes.length}: ${signature.classes.slice(0, 12).join(", ")}`],
    ...(signature.calibration ? [["calibration", calibrationText(signature.calibration)] as const] : []),
    ...(signature.threshold === null ? [] : [["threshold", String(signature.threshold)] as const]),
    ...dataPairs(view),
    ...Object.entries(files).map(([key, ref]) => [`file ${key}`, `${ref.sha256}  ${bytes(ref.sizeBytes)}`] as const),
  ]);
}

function calibrationText({ method, temperature, offsets }: LogitCorrection): string {
  return method === "temperature" ? `temperature ${metric(temperature)}` : `prior, logits ${offsets.map(signed).join(", ")}`;
}

function dataPairs({ record, data }: ModelView): [string, string][] {
  if (data === null) return [["data", `${record.lineage["dataset"] ?? "-"}, no longer stored`]];
  const { dataset, source } = data;
  return [
    ["data", dataset.sha256],
    ["images", `${quantity(dataset.images)} (${partText(dataset.parts)})`],
    ["groups", dataset.groups > 0 ? quantity(dataset.groups) : "-"],
    ["licence", dataset.licence ?? "not stated"],
    ["source", source ? `${source.sha256}, ${quantity(source.files)} files` : "-"],
  ];
}

function partText({ train, validation, test }: { train: number; validation: number; test: number }): string {
  return `train ${quantity(train)}, validation ${quantity(validation)}, test ${quantity(test)}`;
}

function signed(value: number | null): string {
  return value === null ? "-" : `${value < 0 ? "" : "+"}${value.toFixed(4)}`;
}

function shown(value: unknown, length = Infinity): string {
  const text = value === undefined ? "-" : typeof value === "string" ? value : JSON.stringify(value);
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
