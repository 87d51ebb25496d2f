import { describeModel, type ModelDescription } from "../../client/describe-model.ts";
import { loadPipelineFile } from "../../client/pipeline-file.ts";
import type { LayerSummary } from "../../ml/model/summary.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../table.ts";
import { printTable } from "../table.ts";
import { printJson } from "../with-convoy.ts";

interface SummaryOptions {
  set: readonly string[];
  input: string | undefined;
  classes: number | undefined;
}

/** `convoy model summary FILE`: the layers as Keras' `summary()` shows them. Needs neither servers nor TensorFlow. */
export async function summarizeModel(call: Call<{ file: string }, SummaryOptions>): Promise<number> {
  const { arguments: given, options, common, terminal } = call;
  const { pipeline } = await loadPipelineFile(given.file, { set: options.set, folder: terminal.folder });
  const description = describeModel(pipeline, options);
  if (common.json) {
    printJson(call, description);
    return exitCodes.done;
  }
  const { stdout } = terminal;
  if (stdout.isTerminal) stdout.write(`Model: "${description.name}"\n\n`);
  await printTable(stdout, columns, description.layers);
  if (stdout.isTerminal) stdout.write("\n");
  for (const [words, count] of totals(description)) {
    stdout.write(
      stdout.isTerminal ? `${words}: ${count.toLocaleString("en-US")} (${memory(count)})\n` : `${words}\t\t${count}\n`,
    );
  }
  return exitCodes.done;
}

const columns: Column<LayerSummary>[] = [
  { title: "Layer (type)", cell: ({ name, type }) => `${name} (${type})` },
  { title: "Output Shape", cell: ({ outputShape }) => `(${["None", ...outputShape].join(", ")})` },
  {
    title: "Param #",
    cell: ({ parameterCount }) => parameterCount.toLocaleString("en-US"),
    exact: ({ parameterCount }) => String(parameterCount),
    align: "right",
  },
];

function totals({ parameterCount, trainableCount, nonTrainableCount }: ModelDescription): [string, number][] {
  return [
    ["Total params", parameterCount],
    ["Trainable params", trainableCount],
    ["Non-trainable params", nonTrainableCount],
  ];
}

/** Of float32 values, in Keras' units of 1024. */
function memory(count: number): string {
  const power = count === 0 ? 0 : Math.min(3, Math.floor(Math.log2(count * 4) / 10));
  return `${((count * 4) / 1024 ** power).toFixed(2)} ${["B", "KB", "MB", "GB"][power]}`;
}
