import { readFileSync } from "node:fs";

import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";

import { gradientHistogram } from "../../../ml/check/label-noise/gradient-histogram.ts";
import { fitSoftmaxRegression, predictSoftmaxRegression } from "../../../ml/check/label-noise/softmax-regression.ts";
import { suspiciousLabels } from "../../../ml/check/label-noise/suspicious-labels.ts";
import { separateSides } from "../../../ml/check/domain-classifier.ts";
import { orderDependence } from "../../../ml/check/rules/order-dependence.ts";
import { placeDistances } from "../../../ml/check/place-distances.ts";
import { kolmogorovSmirnov } from "../../../ml/stats/kolmogorov-smirnov.ts";
import { nearestNeighbors } from "../../../ml/check/nearest-neighbors.ts";
import { takeSteps } from "../../support/take-steps.ts";
import { predictability } from "../../../ml/check/predictability.ts";

// Made by make-goldens.py beside it, with the libraries that it names.
const goldens = JSON.parse(readFileSync(new URL("../../golden/check-rules/goldens.json", import.meta.url), "utf8")) as {
  neighbors: { thumbnails: number[]; distances: number[] };
  predictability: { values: number[]; labels: number[]; gain: number };
  gradients: { image: number[]; features: number[] };
  regression: { features: number[][]; labels: number[]; penalty: number; heldOut: number[][]; probabilities: number[][] };
  orderDependence: Record<
    "series" | "mixed",
    { thumbnails: number[]; labels: number[]; kolmogorovSmirnov: number; cleanlabPValue: number }
  >;
  separation: Record<
    "apart" | "alike",
    { features: number[][]; sides: boolean[]; units: string[]; scores: number[]; auc: number }
  >;
  confidentLearning: { labels: number[]; probabilities: number[][]; rows: number[] };
};

/** The largest difference of two arrays of one length. */
function farthest(received: ArrayLike<number>, wanted: readonly number[]): number {
  if (received.length !== wanted.length)
    throw new RangeError(`${wanted.length} values were expected; received ${received.length}`);
  return wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - received[i]!)), 0);
}

beforeAll(async () => {
  await tf.setBackend("cpu");
});

test("distances to the ten nearest are scikit-learn's NearestNeighbors'", () => {
  const { thumbnails, distances } = goldens.neighbors;

  expect(farthest(takeSteps(nearestNeighbors(Uint8Array.from(thumbnails))).distances, distances)).toBeLessThanOrEqual(1e-5);
});

test.each(["series", "mixed"] as const)("how order and likeness depend on each other is scipy's distance; %s", (kind) => {
  const { thumbnails, labels, kolmogorovSmirnov: wanted, cleanlabPValue } = goldens.orderDependence[kind];

  const neighbors = takeSteps(nearestNeighbors(Uint8Array.from(thumbnails)));
  const { near, all } = placeDistances({ label: Int32Array.from(labels) }, neighbors);
  const found = kolmogorovSmirnov(near, all)!;

  expect(found).toBeCloseTo(wanted, 2);
  // Datalab's permutation test and the rule's threshold come to the same verdict.
  expect(found > orderDependence.threshold).toBe(cleanlabPValue < 0.05);
  expect(found > orderDependence.threshold).toBe(kind === "series");
});

test.each(["apart", "alike"] as const)(
  "two sides are told apart by scikit-learn's LogisticRegression, out of fold; %s",
  (kind) => {
    const { features, sides, units, scores, auc } = goldens.separation[kind];

    const found = separateSides(
      features.map((row) => Float64Array.from(row)),
      sides,
      units,
    )!;

    expect(farthest(found.scores, scores)).toBeLessThanOrEqual(1e-5);
    expect(found.auc).toBeCloseTo(auc, 12);
  },
);

test("what one number tells of the class is scikit-learn's GaussianNB's accuracy out of fold", () => {
  const { values, labels, gain } = goldens.predictability;

  expect(predictability(values, Int32Array.from(labels), 3)).toBeCloseTo(gain, 10);
});

test("histograms of oriented gradients are scikit-image's", () => {
  const { image, features } = goldens.gradients;
  const planes = [0, 1, 2].map((channel) => Float32Array.from({ length: 64 * 64 }, (_, i) => image[3 * i + channel]! / 255));

  expect(farthest(gradientHistogram(planes), features)).toBeLessThanOrEqual(1e-4);
});

test("the cheap model is scikit-learn's LogisticRegression behind a StandardScaler, and leaves no tensor behind", () => {
  const { features, labels, penalty, heldOut, probabilities } = goldens.regression;
  const before = tf.memory().numTensors;

  const found = tf.tidy(() => {
    const targets = tf.oneHot(tf.tensor1d(labels, "int32"), 3).toFloat() as tf.Tensor2D;
    const model = fitSoftmaxRegression(tf.tensor2d(features), targets, penalty);
    return predictSoftmaxRegression(model, tf.tensor2d(heldOut)).dataSync();
  });

  expect(farthest(found, probabilities.flat())).toBeLessThanOrEqual(1e-3);
  expect(tf.memory().numTensors).toBe(before);
});

test("labels that look wrong are those cleanlab finds by confident learning, in its order of self-confidence", () => {
  const { labels, probabilities, rows } = goldens.confidentLearning;
  const outOfFold = { rows: Int32Array.from(labels.keys()), probabilities: Float32Array.from(probabilities.flat()) };

  expect(suspiciousLabels(outOfFold, Int32Array.from(labels), 3).map(({ row }) => row)).toEqual(rows);
});
