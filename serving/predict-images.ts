import { predictedClasses } from "../ml/evaluate/predicted-classes.ts";
import type { Signature } from "../ml/register/schema.ts";
import type { Predictor } from "../activities/predictor.ts";
import type { ReadImage } from "./read-images.ts";

export interface Prediction {
  path: string;
  class: string;
  /** Of that class. */
  probability: number;
  /** By class code. */
  probabilities: Float32Array;
}

export interface Predictions {
  predictions: Prediction[];
  unreadable: { path: string; reason: string }[];
}

/** Asks a model about images in whole batches; while one is computed, the next is read. */
export async function predictImages(
  images: AsyncIterable<ReadImage>,
  predictor: Pick<Predictor, "batchSize" | "predict">,
  { signature, onProgress }: { signature: Signature; onProgress: (images: number) => void },
): Promise<Predictions> {
  const result: Predictions = { predictions: [], unreadable: [] };
  let computing: Promise<Prediction[]> = Promise.resolve([]);
  const take = async () => {
    for (const prediction of await computing) result.predictions.push(prediction);
    onProgress(result.predictions.length);
  };
  let batch: { path: string; pixels: Uint8Array }[] = [];
  const send = async () => {
    await take();
    computing = predictBatch(batch, predictor, signature);
    // Whoever takes it sees its failure; until then it must not count as unhandled.
    computing.catch(() => {});
    batch = [];
  };
  for await (const { path, pixels, reason } of images) {
    if (pixels === null) result.unreadable.push({ path, reason });
    else batch.push({ path, pixels });
    if (batch.length === predictor.batchSize) await send();
  }
  if (batch.length > 0) await send();
  await take();
  return result;
}

async function predictBatch(
  batch: readonly { path: string; pixels: Uint8Array }[],
  predictor: Pick<Predictor, "predict">,
  signature: Signature,
): Promise<Prediction[]> {
  const probabilities = await predictor.predict(Buffer.concat(batch.map(({ pixels }) => pixels)), batch.length);
  const { classes } = signature;
  return answersOf(probabilities, signature).map((answer, i) => ({
    path: batch[i]?.path ?? "",
    ...answer,
    probabilities: probabilities.subarray(i * classes.length, (i + 1) * classes.length),
  }));
}

/** The class that is answered for each row, and its probability. @param probabilities `[rows, classes]` */
export function answersOf(
  probabilities: Float32Array,
  { classes, threshold }: Pick<Signature, "classes" | "threshold">,
): { class: string; probability: number }[] {
  const codes = predictedClasses(probabilities, classes.length, threshold ?? 0.5);
  return Array.from(codes, (code, row) => ({
    class: classes[code] ?? String(code),
    probability: probabilities[row * classes.length + code] ?? Number.NaN,
  }));
}
