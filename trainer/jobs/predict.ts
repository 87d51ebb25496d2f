import type { PredictJob } from "../../ml/predict/schema.ts";
import { correctLogits } from "../../ml/evaluate/correct-logits.ts";
import { probabilitiesOf } from "../../ml/model/probabilities.ts";
import type { TrainerContext } from "../context.ts";
import type { EngineData } from "../engine/engine.ts";
import { answeringEngine } from "./answering-engine.ts";

/** A registered model, compiled and ready. */
export interface AnsweringModel {
  /**
   * @param pixels `[rows, height, width, channels]` in the input's dtype, little-endian; from 1 to the job's batch size of rows
   * @returns `[rows, classes]`, the same bits that evaluation gave these images
   */
  probabilities(pixels: Uint8Array, rows: number): Promise<Float32Array>;
  dispose(): void;
}

/** Builds a registered model, gives it its weights, and answers once, so that nothing is left to compile. */
export async function openAnsweringModel(job: PredictJob, context: TrainerContext): Promise<AnsweringModel> {
  const { input, batchSize } = job;
  const rowBytes = input.height * input.width * input.channels * (input.dtype === "uint16" ? 2 : 1);
  let batch: Uint8Array = new Uint8Array(rowBytes);
  const data: EngineData = {
    ...input,
    rowCount: batchSize,
    labels: new Int32Array(batchSize),
    ids: [],
    read: async (rows) => asPixels(gather(batch, rows, rowBytes), input.dtype),
  };
  // Pixels are given with each call: nothing of them stays on the device.
  const engine = await answeringEngine(job, { data, evaluationBatchSize: batchSize, residentBytes: 0 }, context);
  const model: AnsweringModel = {
    async probabilities(pixels, rows) {
      batch = pixels;
      const logits = await engine.logits(Int32Array.from({ length: rows }, (_, row) => row));
      const { head, outputs } = engine.network;
      return probabilitiesOf(head, correctLogits({ head, logits, outputs }, job.calibration), outputs);
    },
    dispose: () => engine.dispose(),
  };
  await model.probabilities(batch, 1);
  return model;
}

function gather(pixels: Uint8Array, rows: Int32Array, rowBytes: number): Uint8Array {
  const gathered = new Uint8Array(rows.length * rowBytes);
  for (const [i, row] of rows.entries()) gathered.set(pixels.subarray(row * rowBytes, (row + 1) * rowBytes), i * rowBytes);
  return gathered;
}

function asPixels(bytes: Uint8Array, dtype: PredictJob["input"]["dtype"]): Uint8Array | Uint16Array {
  return dtype === "uint8" ? bytes : new Uint16Array(bytes.buffer);
}
