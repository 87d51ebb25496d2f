import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";

import type { StoreLink } from "../../client/connect.ts";
import type { ModelVersion } from "../../ml/register/schema.ts";
import type { Predictions } from "../../serving/predict-images.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { quantity } from "../format.ts";
import { WrongRequest } from "../print-error.ts";
import { showCount } from "../progress/steps.ts";
import { trainerLog } from "../trainer-log.ts";
import { withStore } from "../with-convoy.ts";

const fileFormats = ["csv", "json", "parquet"] as const;
type FileFormat = (typeof fileFormats)[number];

interface PredictOptions {
  format: FileFormat | undefined;
  output: string | undefined;
}

type PredictCall = Call<{ model: string; paths: readonly string[] }, PredictOptions>;

/** `convoy predict MODEL PATH…`: needs the store and nothing else; TensorFlow runs in a process of its own. */
export async function predict(call: PredictCall): Promise<number> {
  const format = formatOf(call);
  const { version, result } = await withStore(call, async (link) => {
    const found = await link.models.resolve(call.arguments.model);
    return { version: found, result: await predictPaths(call, link, found) };
  });
  const { output } = call.options;
  const { predictionBytes, printPredictions } = await import("../predictions.ts");
  if (output !== undefined) await writeFile(resolve(call.terminal.folder, output), predictionBytes(format, version, result));
  else await printPredictions(call.terminal.stdout, format, version, result);
  const { stderr } = call.terminal;
  for (const { path, reason } of result.unreadable) stderr.write(`${stderr.colors.yellow("unreadable:")} ${path}: ${reason}\n`);
  if (result.predictions.length === 0 && result.unreadable.length === 0) {
    throw new WrongRequest(`There are no images in ${call.arguments.paths.join(", ")}`);
  }
  return result.unreadable.length === 0 ? exitCodes.done : exitCodes.failed;
}

async function predictPaths(call: PredictCall, link: StoreLink, version: ModelVersion): Promise<Predictions> {
  const { terminal, common } = call;
  const [{ openPredictor }, { predictImages }, { listFiles }, { readImages }, { inputShape, resizeParameters }, { loadReader }] =
    await Promise.all([
      import("../../serving/open-predictor.ts"),
      import("../../serving/predict-images.ts"),
      import("../../serving/list-files.ts"),
      import("../../serving/read-images.ts"),
      import("../../activities/model-input.ts"),
      import("../../activities/ingest/own-reader.ts"),
    ]);
  const reader = await loadReader(version.signature.preprocessing?.reader, link.store.artifacts);
  const options = { shape: inputShape(version.signature), resizing: resizeParameters(version), reader };
  const scratchFolder = await mkdtemp(join(tmpdir(), "convoy-predict-"));
  try {
    const { openBucket } = link.store;
    const files = await listFiles(call.arguments.paths, { folder: terminal.folder, scratchFolder, openBucket });
    if (files.length === 0) return { predictions: [], unreadable: [] };
    const predictor = await openPredictor(version, link, trainerLog(call));
    let done = 0;
    const count = showCount(terminal, common, (seconds) => `${quantity(done)} images predicted in ${seconds.toFixed(1)} s`);
    try {
      const onProgress = (images: number) => {
        done = images;
        count.redraw();
      };
      const images = readImages(files, { ...options, scratchFolder });
      return await predictImages(images, predictor, { signature: version.signature, onProgress });
    } finally {
      count.close();
      await predictor.close();
    }
  } finally {
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

/** As asked for, else by the file's name, else as every other command prints. */
function formatOf({ options: { format, output }, common: { json } }: PredictCall): FileFormat | "table" {
  if (json && (output !== undefined || (format ?? "json") !== "json"))
    throw new WrongRequest("--json prints one document on stdout", "leave it away, or --format and --output");
  if (output !== undefined) return format ?? namedFormat(output);
  if (format === "parquet") throw new WrongRequest("parquet is no text", "add --output predictions.parquet");
  return json ? "json" : (format ?? "table");
}

function namedFormat(output: string): FileFormat {
  const named = fileFormats.find((known) => extname(output) === `.${known}`);
  if (named === undefined)
    throw new WrongRequest(`the name ${output} tells no format`, "end it in .csv, .json or .parquet, or add --format");
  return named;
}
