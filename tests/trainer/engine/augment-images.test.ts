import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";

import { AugmentationPreview } from "../../../ml/augment/augmentation-preview.ts";
import { batchDraws, partnerRow } from "../../../ml/augment/batch-draws.ts";
import { drawLayout } from "../../../ml/augment/draw-layout.ts";
import { sampleDraw } from "../../../ml/augment/sample-draw.ts";
import { augmentParametersSchema } from "../../../ml/augment/schema.ts";
import { augmentImages, mixImages } from "../../../trainer/engine/augment-images.ts";
import { createEngine } from "../../../trainer/engine/create-engine.ts";
import { engineContext } from "../../../trainer/engine/engine-context.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import { augmentGoldens, transformOf } from "../../support/augment-goldens.ts";
import { allRows, engineOptions, noTotals, type Case } from "./support.ts";

beforeAll(loadTestTensorflow);

const rgb = { height: 9, width: 7, channels: 3 };
const everything = {
  rotation: 20,
  shift: 0.2,
  shear: 5,
  zoom: 0.2,
  flip: "both",
  channelShift: 30,
  brightness: 0.4,
  contrast: 0.4,
  saturation: 0.5,
  hue: 0.2,
  noise: 0.05,
  cutout: 0.5,
  mixUp: 1,
  cutMix: 1,
};

describe("a batch on the device", () => {
  test.each(augmentGoldens.pixels.map((golden, index) => ({ ...golden, index })))(
    "is moved to the golden pixels, fill mode $fillMode, case $index",
    ({ image, matrix, pixels, fillMode, cval, interpolation }) => {
      const parameters = augmentParametersSchema.parse({ rotation: 1, fillMode, cval, interpolation });
      const recipe = { parameters, layout: drawLayout(parameters), largest: 1, noise: null };

      const moved = tf.tidy(() => {
        const images = tf.tensor(image.values, [1, ...image.shape], "float32");
        return augmentImages(images, tf.tensor2d([transformOf(matrix)]), recipe).dataSync();
      });

      const largestDifference = Math.max(...pixels.values.map((value, i) => Math.abs(value - moved[i]!)));
      expect(largestDifference).toBeLessThanOrEqual(1e-5);
    },
  );

  test.each(Object.keys(everything).filter((kind) => !kind.startsWith("mix") && kind !== "cutMix"))(
    "is changed as the preview shows it: %s",
    async (kind) => {
      expect(await distanceFromPreview({ [kind]: everything[kind as keyof typeof everything] })).toBeLessThan(1e-2);
    },
  );

  test.each([{ mixUp: 0.4 }, { cutMix: 1 }, everything])("is changed and mixed as the preview shows it: %j", async (augment) => {
    expect(await distanceFromPreview(augment)).toBeLessThan(1e-2);
  });
});

describe.each(["eager", "graph"] as const)("the %s engine", (kind) => {
  test("trains towards the mixed label: cross-entropy with soft targets, classes weighted, and counts the likelier label", async () => {
    const augment = { mixUp: 0.5, cutMix: 1, hue: 0.1 };
    const options = engineOptions({
      ...frozen(kind, 40),
      augment,
      shape: rgb,
      train: { engine: kind, batchSize: 40, classWeights },
    });
    const engine = createEngine(options);
    const { variables } = await engine.state();

    const { totals } = await engine.trainEpoch(epochOf(0));

    const [kernel, bias] = [variables.get("dense/kernel")!.values, variables.get("dense/bias")!.values];
    const preview = new AugmentationPreview(options.augmentation, 255);
    const size = rgb.height * rgb.width * rgb.channels;
    const pixels = (await options.data.read(allRows(40))) as Uint8Array;
    const imageOf = (row: number) => ({
      id: options.data.ids[row]!,
      ...rgb,
      values: pixels.subarray(row * size, (row + 1) * size),
    });
    let [lossSum, correct] = [0, 0];
    for (let row = 0; row < 40; row++) {
      const partner = partnerRow(options.augmentation, 1, imageOf(row).id, allRows(40), rgb);
      const seen = preview.show(imageOf(row), 1, imageOf(partner));
      const logits = [0, 1, 2, 3].map((unit) =>
        seen.reduce((sum, value, i) => sum + (value / 255) * kernel[i * 4 + unit]!, bias[unit]!),
      );
      const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
      const { labelShare } = sampleDraw(options.augmentation, 1, imageOf(row).id, rgb).mix;
      const [own, other] = [options.data.labels[row]!, options.data.labels[partner]!];
      const weights = [1, 2, 1, 0.5];
      const lossOf = (label: number) => weights[label]! * (total - logits[label]!);
      lossSum += labelShare * lossOf(own) + (1 - labelShare) * lossOf(other);
      correct += Number(logits.indexOf(Math.max(...logits)) === (labelShare >= 0.5 ? own : other));
    }
    expect(totals.lossSum / lossSum).toBeCloseTo(1, 4);
    expect(totals.correct).toBe(correct);
    engine.dispose();
  });

  test("sees the same images whatever the batch size, resident or fed, and after a resume within the epoch", async () => {
    const sums: number[] = [];
    for (const [batchSize, residentBytes] of [
      [40, undefined],
      [7, undefined],
      [16, 0],
    ] as const) {
      const given = { ...frozen(kind, batchSize), augment: everything, shape: rgb };
      const engine = createEngine(engineOptions({ ...given, ...(residentBytes === undefined ? {} : { residentBytes }) }));
      sums.push((await engine.trainEpoch(epochOf(0))).totals.lossSum);
      engine.dispose();
    }
    const resumed = createEngine(engineOptions({ ...frozen(kind, 8), augment: everything, shape: rgb }));
    const runningTotals = { lossSum: 0, correct: 0, rows: 0 };
    const order = allRows(40);
    const whole = await resumed.trainEpoch({ ...epochOf(0), order });
    const rest = await resumed.trainEpoch({ ...epochOf(0), order, fromStep: 2, runningTotals });

    expect(sums.map((sum) => sum / sums[0]!)).toEqual(sums.map(() => expect.closeTo(1, 5)));
    expect(whole.totals.lossSum / sums[0]!).toBeCloseTo(1, 5);
    expect(rest.totals.lossSum).toBeLessThan(whole.totals.lossSum);
    expect(rest.totals.rows).toBe(24);
    resumed.dispose();
  });
});

const classWeights = { "class 1": 2, "class 3": 0.5 };

/** A linear model that learns nothing, so that losses tell what it saw. */
function frozen(kind: "eager" | "graph", batchSize: number): Case {
  return { model: ["flatten"], rows: 40, train: { engine: kind, batchSize, optimizer: { name: "sgd" } } };
}

function epochOf(fromStep: number) {
  const request = { epoch: 1, order: allRows(40), fromStep, learningRate: 0 };
  return { ...request, runningTotals: noTotals, onProgress: async () => false };
}

/** Largest difference in stored values, of 12 images as the engine's ops make them and as the preview does. */
async function distanceFromPreview(augment: object): Promise<number> {
  const options = engineOptions({ model: ["flatten"], shape: rgb, rows: 12, augment: augment as Record<string, unknown> });
  const { recipe } = engineContext(options);
  const pixels = (await options.data.read(allRows(12))) as Uint8Array;
  const size = rgb.height * rgb.width * rgb.channels;
  const preview = new AugmentationPreview(options.augmentation, 255);
  const images = options.data.ids.map((id, row) => ({ id, ...rgb, values: pixels.subarray(row * size, (row + 1) * size) }));
  const partnerOf = (row: number) => (row + 5) % 12;
  const actual = tf.tidy(() => {
    const rows = (order: number[]) =>
      tf.tensor(
        order.flatMap((row) => [...images[row]!.values]),
        [12, 9, 7, 3],
        "float32",
      );
    const drawsOf = (order: number[]) => {
      const ids = order.map((row) => options.data.ids[row]!);
      return tf.tensor2d(batchDraws(options.augmentation, 1, ids, rgb), [12, recipe.augmentation!.layout.width]);
    };
    const changed = (order: number[]) => augmentImages(rows(order), drawsOf(order), recipe.augmentation!);
    const own = [...allRows(12)];
    if (recipe.augmentation!.layout.columns.mix === undefined) return changed(own).dataSync();
    return mixImages(changed(own), changed(own.map(partnerOf)), drawsOf(own), recipe.augmentation!).dataSync();
  });
  const expected = images.flatMap((image, row) => [...preview.show(image, 1, images[partnerOf(row)])]);
  return Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
}
