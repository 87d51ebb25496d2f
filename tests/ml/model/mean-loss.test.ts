import { readFileSync } from "node:fs";

import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";

import { lossOfRows } from "../../../ml/model/losses.ts";
import { meanLoss } from "../../../ml/model/mean-loss.ts";
import type { LossParameters } from "../../../ml/train/schema.ts";
import { executeOp, nativeOps } from "../../../trainer/runtime/node-backend.ts";
import { loadTestTensorflow, testDevice } from "../../support/test-device.ts";

beforeAll(loadTestTensorflow);

const { gradients } = JSON.parse(readFileSync(new URL("../../golden/train/keras-steps.json", import.meta.url), "utf8")) as {
  gradients: { name: "softmax" | "sigmoid"; loss_options: LossParameters | null }[];
};
const losses = gradients.flatMap(({ name, loss_options }) =>
  loss_options === null ? [] : [[name, { ...loss_options, name: loss_options.name ?? "crossEntropy" }] as const],
);

test.each([["softmax", undefined] as const, ["sigmoid", undefined] as const, ...losses])(
  "scores a validation part by the loss training makes small: %s %j",
  (head, loss) => {
    const outputs = head === "softmax" ? 3 : 1;
    const logits = Float32Array.of(0.3, -2, 4, 1.5, 0, -0.7).subarray(0, 2 * outputs);
    const labels = Int32Array.of(1, 0);
    const rows = lossOfRows({ head, loss }, tf.tensor2d(logits, [2, outputs]), tf.tensor1d(labels, "int32"), nativeOps());

    expect(meanLoss({ head, loss }, logits, outputs, labels)).toBeCloseTo(rows.mean().dataSync()[0]!, 5);
  },
);

// On a card the fused ones are refused, so there is nothing to compare with.
test.skipIf(testDevice === "gpu").each([undefined, { name: "crossEntropy" as const, labelSmoothing: 0.1 }])(
  "is the same on a graphics card, where fused losses are refused: %j",
  async (loss) => {
    const logits = tf.tensor2d([0.3, -2, 40, 1.5, 0, -0.7], [2, 3]);
    const labels = tf.tensor1d([1, 0], "int32");
    const [fused, composed] = [false, true].map((onCard) =>
      tf.valueAndGrad((x: tf.Tensor) => lossOfRows({ head: "softmax", loss }, x, labels, { execute: executeOp, onCard }).sum())(
        logits,
      ),
    );

    expect(composed!.value.dataSync()[0]).toBeCloseTo(fused!.value.dataSync()[0]!, 5);
    expect(tf.max(tf.abs(composed!.grad.sub(fused!.grad))).dataSync()[0]).toBeLessThan(1e-6);
  },
);
