import { mediaTypes } from "../../ml/artifact.ts";
import { outputCorrection } from "../../ml/evaluate/correct-logits.ts";
import { correctionWeights, layersModelJson } from "../../ml/model/layers-model.ts";
import type { modelFormats } from "../../ml/register/schema.ts";
import type { ExportJob, ExportResult } from "../../ml/train/trainer-messages.ts";
import { float32Bytes } from "../../storage/checkpoint-bytes.ts";
import type { TrainerContext } from "../context.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import { disposeContext, engineContext } from "../engine/engine-context.ts";
import type { EngineData } from "../engine/engine.ts";
import { exportSavedModel } from "../engine/graph/export-saved-model.ts";
import { NotCompilable } from "../engine/graph/recorder.ts";
import { answeringOptions } from "./answering-engine.ts";
import { weightsState } from "./weights-bytes.ts";

type Files = ExportResult["files"];

/** Writes a model in the formats of others; one that it cannot be written in is left, with the reason. Equal models give equal bytes. */
export async function exportFormats(job: ExportJob, context: TrainerContext): Promise<ExportResult> {
  context.report({ phase: "compiling", step: 0, steps: 0 });
  const { height, width, channels, dtype } = job.dataset;
  const noData: EngineData = {
    height,
    width,
    channels,
    dtype,
    rowCount: 0,
    labels: new Int32Array(0),
    ids: [],
    read: () => Promise.reject(new Error("an export reads no images")),
  };
  const options = await answeringOptions(job, { data: noData }, context);
  const result: ExportResult = { files: {}, left: [] };
  if (options.own?.savedModel) {
    const reason = `its base ${options.own.savedModel.source} is a SavedModel, which stays a file of its own`;
    context.log("warn", `the model is not kept in formats of others: ${reason}`);
    options.own.savedModel.dispose();
    return { ...result, left: job.formats.map((format) => ({ format, reason })) };
  }
  const network = engineContext(options);
  try {
    for (const format of job.formats) {
      try {
        Object.assign(result.files, await writers[format](job, network, context));
      } catch (error) {
        if (!(error instanceof CannotWrite || error instanceof NotCompilable)) throw error;
        context.log("warn", `the model is not kept as ${format}: ${error.message}`);
        result.left.push({ format, reason: error.message });
      }
    }
    return result;
  } finally {
    disposeContext(network);
  }
}

class CannotWrite extends Error {}

const writers: Record<
  (typeof modelFormats)[number],
  (job: ExportJob, network: EngineContext, context: TrainerContext) => Promise<Files>
> = {
  async tfjs({ normalizer, dataset, weights, calibration }, { network, description }, { artifacts }) {
    const correction = calibration && outputCorrection(network, calibration);
    let model: object;
    try {
      model = layersModelJson({ ...network, weights: description.weights, normalizer, classes: dataset.classes, correction });
    } catch (cause) {
      throw new CannotWrite((cause as Error).message, { cause });
    }
    if (!correction) return { layersModel: await artifacts.putJson(model), layersWeights: weights };
    const bytes = Buffer.concat([await artifacts.get(weights), float32Bytes(correctionWeights(correction))]);
    return { layersModel: await artifacts.putJson(model), layersWeights: await artifacts.put(bytes, mediaTypes.bytes) };
  },
  async savedModel({ weights, calibration }, network, { artifacts }) {
    const state = weightsState(network.description, await artifacts.get(weights));
    return { savedModel: await artifacts.put(exportSavedModel(network, state, calibration), mediaTypes.bytes) };
  },
};
