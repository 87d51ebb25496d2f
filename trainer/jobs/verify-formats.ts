import * as tf from "@tensorflow/tfjs";

import type { VerifyJob, VerifyResult } from "../../ml/train/trainer-messages.ts";
import { readTable } from "../../storage/tables.ts";
import type { TrainerContext } from "../context.ts";
import { loadData } from "../data/load-data.ts";
import { networkInput } from "../engine/batch-input.ts";
import { pixelTensor } from "../engine/batch-tensors.ts";
import type { EngineData } from "../engine/engine.ts";
import { GraphSession } from "../engine/graph/session.ts";
import type { InputRecipe } from "../engine/input-recipe.ts";
import { inputRecipe } from "../engine/input-recipe.ts";
import { dataTypes } from "../runtime/node-backend.ts";
import { answeringOptions } from "./answering-engine.ts";

/** So many test images are asked about; each takes as long as it takes to answer one. */
const askedImages = 16;

/** Loads each file as a stranger would and compares its answers to the first test images with what the evaluation wrote down. */
export async function verifyFormats(job: VerifyJob, context: TrainerContext): Promise<VerifyResult> {
  context.report({ phase: "loading", step: 0, steps: 0 });
  const { artifacts } = context;
  const loaded = await loadData(job, artifacts, () => {});
  try {
    const rows = loaded.parts.test.subarray(0, askedImages);
    const recipe = inputRecipe(await answeringOptions(job, { data: loaded.data }, context));
    const pixels = pixelTensor(loaded.data, await loaded.data.read(rows), rows.length);
    const expected = await evaluatedProbabilities(job, context, rows.length);
    context.report({ phase: "evaluating", step: 0, steps: rows.length });
    const { layersModel, layersWeights, savedModel } = job.files;
    const result: VerifyResult = { images: rows.length, distances: {}, unloadable: {} };
    if (layersModel && layersWeights) {
      const files = { model: await artifacts.get(layersModel), weights: await artifacts.get(layersWeights) };
      const loadedModel = await loadLayersModel(files);
      if (typeof loadedModel === "string") result.unloadable["layersModel"] = loadedModel;
      else {
        const answers = (loadedModel.predict(networkInput(pixels, null, recipe)) as tf.Tensor).dataSync();
        result.distances["layersModel"] = distance(answers, expected);
      }
    }
    if (savedModel) {
      const answers = askSavedModel(await artifacts.get(savedModel), loaded.data, storedValues(pixels, recipe));
      result.distances["savedModel"] = distance(answers, expected);
    }
    return result;
  } finally {
    loaded.close();
  }
}

/** `[images, classes]` */
async function evaluatedProbabilities(
  { predictions, dataset }: VerifyJob,
  { artifacts }: TrainerContext,
  images: number,
): Promise<Float64Array> {
  const table = await readTable(await artifacts.localPath(predictions));
  const columns = dataset.classes.map((name) => table[`probability:${name}`] ?? []);
  return Float64Array.from({ length: images * columns.length }, (_, i) =>
    Number(columns[i % columns.length]?.[Math.floor(i / columns.length)]),
  );
}

/** Pixels as float32 in units of the stored integers. */
function storedValues(pixels: tf.Tensor, recipe: InputRecipe): Float32Array {
  return networkInput(pixels, null, {
    ...recipe,
    offset: null,
    scale: null,
    samplewise: "none",
    whitening: null,
  }).dataSync() as Float32Array;
}

/** @returns the reason where tfjs does not load it */
async function loadLayersModel(files: { model: Uint8Array; weights: Uint8Array }): Promise<tf.LayersModel | string> {
  const { modelTopology, weightsManifest } = JSON.parse(Buffer.from(files.model).toString("utf8")) as {
    modelTopology: object;
    weightsManifest: [{ weights: tf.io.WeightsManifestEntry[] }];
  };
  const weightData = Uint8Array.from(files.weights).buffer;
  const load = async () => ({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData });
  try {
    return await tf.loadLayersModel({ load });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function askSavedModel(bytes: Uint8Array, { height, width, channels }: EngineData, values: Float32Array): ArrayLike<number> {
  const session = new GraphSession(bytes);
  try {
    const shape = [values.length / (height * width * channels), height, width, channels];
    return session.run([{ name: "images", dtype: dataTypes.float, shape, values }], ["probabilities"])[0]!;
  } finally {
    session.dispose();
  }
}

/** The largest; a head of one output gives the second class' probability. */
function distance(answers: ArrayLike<number>, expected: Float64Array): number | null {
  const isBinary = answers.length * 2 === expected.length;
  if (answers.length !== expected.length && !isBinary) return null;
  let largest = 0;
  for (let i = 0; i < answers.length; i++) {
    const difference = Math.abs(answers[i]! - expected[isBinary ? 2 * i + 1 : i]!);
    if (!Number.isFinite(difference)) return null;
    largest = Math.max(largest, difference);
  }
  return largest;
}
