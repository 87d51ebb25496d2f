import * as tf from "@tensorflow/tfjs";

import type { ArtifactRef } from "../../ml/artifact.ts";
import { mediaTypes } from "../../ml/artifact.ts";
import { assignFolds } from "../../ml/check/label-noise/assign-folds.ts";
import { featureCount, pictureFeatures } from "../../ml/check/label-noise/picture-features.ts";
import { rowsAsked } from "../../ml/check/label-noise/rows-asked.ts";
import { fitSoftmaxRegression, predictSoftmaxRegression } from "../../ml/check/label-noise/softmax-regression.ts";
import type { Samples } from "../../ml/ingest/schema.ts";
import { partCodes } from "../../ml/split/schema.ts";
import { splitUnits } from "../../ml/split/split-units.ts";
import type { LabelNoiseJob } from "../../ml/train/trainer-messages.ts";
import { imageBlocks } from "../../storage/dataset-images.ts";
import { encodeNpy } from "../../storage/npy.ts";
import { readSplit } from "../../storage/read-split.ts";
import { readSamples } from "../../storage/tables.ts";
import type { TrainerContext } from "../context.ts";
import { StopRequested } from "../context.ts";

const folds = 5;
/** Times that the rows are dealt anew; means of several models order rows more steadily than one. */
const rounds = 3;
/** On the weights; strong, for there are more features than many sets have rows. */
const penalty = 1000;

/**
 * Tells of each labeled row how likely a model that never saw it, nor its group, nor its copies, holds each class: a linear one over edges and
 * colors, which is cheap and finds what clearly is something else. Models learn from the train part alone, and are asked of all parts.
 *
 * @returns npy float32 [rows asked, classes]
 * @throws {StopRequested} when asked to stop
 */
export async function outOfFold(job: LabelNoiseJob, context: TrainerContext): Promise<ArtifactRef> {
  const { dataset, seed } = job;
  const classCount = dataset.classes.length;
  const samples = await readSamples(await context.artifacts.localPath(dataset.samples), dataset);
  const split = await readSplit(context.artifacts, job.split, dataset);
  const rows = rowsAsked(samples, split, seed);
  const features = await readFeatures(job, rows, context);
  const sums = new Float32Array(rows.length * classCount);
  const units = splitUnits(samples, [...rows], true);
  for (let round = 0; round < rounds; round++) {
    const foldOf = assignFolds(units, samples.label, { folds, seed, round });
    for (let fold = 0; fold < folds; fold++) {
      if (context.stopRequested()) throw new StopRequested(null);
      context.report({ phase: "training", step: round * folds + fold, steps: rounds * folds });
      const isOut = (place: number) => foldOf[rows[place]!] === fold;
      const isLearnedFrom = (place: number) => !isOut(place) && split[rows[place]!] === partCodes.train;
      const [out, kept] = [[...rows.keys()].filter(isOut), [...rows.keys()].filter(isLearnedFrom)];
      if (out.length === 0 || kept.length === 0) continue;
      const found = predict(features, { samples, rows, classCount }, { kept, out });
      for (const [i, place] of out.entries()) {
        for (let code = 0; code < classCount; code++) sums[place * classCount + code]! += found[i * classCount + code]! / rounds;
      }
    }
  }
  context.report({ phase: "finishing" });
  return context.artifacts.put(encodeNpy({ dtype: "float32", shape: [rows.length, classCount], data: sums }), mediaTypes.npy);
}

/** Shape [rows asked, features]; streams over the shards. */
async function readFeatures({ dataset }: LabelNoiseJob, rows: Int32Array, context: TrainerContext): Promise<Float32Array> {
  const [size, width] = [dataset.height * dataset.width * dataset.channels, featureCount(dataset)];
  const features = new Float32Array(rows.length * width);
  let place = 0;
  for await (const { firstRow, rows: count, images } of imageBlocks(dataset, context.artifacts)) {
    if (context.stopRequested()) throw new StopRequested(null);
    for (; place < rows.length && rows[place]! < firstRow + count; place++) {
      const start = (rows[place]! - firstRow) * size;
      features.set(pictureFeatures(images.subarray(start, start + size), dataset), place * width);
    }
    context.report({ phase: "loading", step: firstRow + count, steps: dataset.rowCount });
  }
  return features;
}

interface Asked {
  samples: Pick<Samples, "label">;
  rows: Int32Array;
  classCount: number;
}

/** Probabilities of the rows left out, shape [out.length, classes]. */
function predict(
  features: Float32Array,
  { samples, rows, classCount }: Asked,
  { kept, out }: { kept: readonly number[]; out: readonly number[] },
): Float32Array {
  const width = features.length / rows.length;
  return tf.tidy(() => {
    const pick = (places: readonly number[]) => {
      const values = new Float32Array(places.length * width);
      for (const [i, place] of places.entries()) values.set(features.subarray(place * width, (place + 1) * width), i * width);
      return tf.tensor2d(values, [places.length, width]);
    };
    const targets = tf.oneHot(
      tf.tensor1d(
        kept.map((place) => samples.label[rows[place]!]!),
        "int32",
      ),
      classCount,
    );
    const model = fitSoftmaxRegression(pick(kept), targets.toFloat() as tf.Tensor2D, penalty);
    return predictSoftmaxRegression(model, pick(out)).dataSync() as Float32Array;
  });
}
