import { readFileSync } from "node:fs";

import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";

import { NormalizerFit } from "../../../ml/normalize/fit-normalizer.ts";
import type { NormalizeParameters } from "../../../ml/normalize/schema.ts";
import { normalizeImages } from "../../../trainer/engine/batch-input.ts";
import { inputRecipe } from "../../../trainer/engine/input-recipe.ts";
import { takeSteps } from "../../support/take-steps.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import { engineOptions } from "./support.ts";

interface Golden {
  name: string;
  dtype: "uint8" | "uint16";
  shape: [number, number, number, number];
  images: number[];
  epsilon: number;
  matrix: number[];
  whitened: number[];
}

// Made by make-goldens.py beside it, with Keras' ImageDataGenerator.
const goldens = JSON.parse(readFileSync(new URL("../../golden/normalize/goldens.json", import.meta.url), "utf8")) as {
  whitenings: Golden[];
};

beforeAll(loadTestTensorflow);

/** The first two images as a network is given them, fit on all. */
function normalized(
  parameters: NormalizeParameters,
  { dtype, shape: [rows, height, width, channels], images }: Golden,
): Float32Array {
  const size = height * width * channels;
  const fit = new NormalizerFit(parameters, { height, width, channels, dtype });
  for (let row = 0; row < rows; row++) takeSteps(fit.add(Uint16Array.from(images.slice(row * size, (row + 1) * size))));
  const { normalizer, whitening } = takeSteps(fit.fitted());
  const options = engineOptions({ model: ["flatten"], shape: { height, width, channels }, normalize: normalizer });
  const recipe = inputRecipe({ ...options, whitening });
  const answer = tf.tidy(() =>
    normalizeImages(tf.tensor(images.slice(0, 2 * size), [2, height, width, channels]), recipe).dataSync(),
  );
  tf.dispose(recipe.constants);
  return answer as Float32Array;
}

test.each(goldens.whitenings)("images are whitened as Keras whitens them: $name", (golden) => {
  const found = normalized({ method: "zca", epsilon: golden.epsilon }, golden);

  const size = Math.max(...golden.matrix.map(Math.abs));
  expect(Math.max(...golden.whitened.map((value, i) => Math.abs(found[i]! - value)))).toBeLessThanOrEqual(1e-5 * size);
});

test("each image is brought to mean 0, and to deviation 1 unless that is not wanted", () => {
  const golden = goldens.whitenings[0]!;
  const first = (parameters: NormalizeParameters) => {
    const values = [...normalized(parameters, golden)];
    return values.slice(0, values.length / 2);
  };
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = (values: number[]) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

  const [standardized, centered] = [first({ method: "samplewise" }), first({ method: "samplewise", deviation: false })];

  expect(mean(standardized)).toBeCloseTo(0, 5);
  expect(deviation(standardized)).toBeCloseTo(1, 4);
  expect(mean(centered)).toBeCloseTo(0, 5);
  const raw = golden.images.slice(0, centered.length).map((value) => value / 255);
  expect(centered.map((value, i) => value - (raw[i]! - mean(raw))).every((value) => Math.abs(value) < 1e-6)).toBe(true);
});
