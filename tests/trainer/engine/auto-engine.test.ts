import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";

import { networkOf } from "../../../ml/model/build-network.ts";
import { TrainingContext } from "../../../ml/model/training-context.ts";
import { AutoEngine } from "../../../trainer/engine/auto-engine.ts";
import { EagerEngine } from "../../../trainer/engine/eager-engine.ts";
import { engineContext } from "../../../trainer/engine/engine-context.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import { allRows, engineOptions, trainEpochs } from "./support.ts";

beforeAll(loadTestTensorflow);

const options = engineOptions({ model: ["flatten"], train: { engine: "auto" } });

/** Any stack of tfjs' own layers, with a dense head of four logits. */
function ownModel(layers: () => tf.layers.Layer[]) {
  return () => {
    const kernelInitializer = tf.initializers.glorotUniform({ seed: 5 });
    const model = tf.sequential({ layers: [...layers(), tf.layers.dense({ units: 4, kernelInitializer, name: "head" })] });
    return networkOf(model, { head: "softmax", outputs: 4, context: new TrainingContext() });
  };
}

const input = { inputShape: [8, 8, 1] };

test("compiles tfjs' own layers", async () => {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 6 });
  const layers = () => [
    tf.layers.separableConv2d({
      ...input,
      filters: 4,
      kernelSize: 3,
      activation: "relu",
      depthwiseInitializer: kernelInitializer,
      pointwiseInitializer: kernelInitializer,
    }),
    tf.layers.conv2dTranspose({ filters: 3, kernelSize: 2, strides: 2, kernelInitializer }),
    tf.layers.upSampling2d({ size: [2, 2] }),
    tf.layers.leakyReLU({ alpha: 0.1 }),
    tf.layers.zeroPadding2d({ padding: 1 }),
    tf.layers.averagePooling2d({ poolSize: 2 }),
    tf.layers.layerNormalization(),
    tf.layers.flatten(),
  ];
  const engine = new AutoEngine(engineContext(options, ownModel(layers)));
  const oracle = new EagerEngine(engineContext(options, ownModel(layers)));

  const [compiled, eager] = [await trainEpochs(engine, 2), await trainEpochs(oracle, 2)];

  expect(engine.fallbackReason).toBeNull();
  expect(engine.kind).toBe("graph");
  for (const [i, loss] of compiled.entries()) expect(loss).toBeCloseTo(eager[i]!, 5);
});

test("goes on op by op where a layer draws random numbers in JavaScript, naming the op before", async () => {
  const layers = () => [
    tf.layers.flatten(input),
    tf.layers.dense({ units: 8, activation: "relu", kernelInitializer: "ones" }),
    tf.layers.dropout({ rate: 0.5 }),
  ];
  const engine = new AutoEngine(engineContext(options, ownModel(layers)));

  await trainEpochs(engine, 1);

  expect(engine.kind).toBe("eager");
  expect(engine.fallbackReason).toMatch(/after Relu draws random numbers in JavaScript/);
  expect((await engine.state()).step).toBe(3);
});

test("goes on op by op where a layer reads a value back, from the state it was given", async () => {
  class Peeking extends tf.layers.Layer {
    static className = "Peeking";
    override call(x: tf.Tensor | tf.Tensor[]) {
      const value = Array.isArray(x) ? x[0]! : x;
      return tf.mul(value, tf.scalar(value.max().dataSync()[0]! > 0 ? 1 : 2));
    }
  }
  const build = ownModel(() => [tf.layers.flatten(input), new Peeking({})]);
  const given = new AutoEngine(engineContext(options, build));
  const state = await given.state();
  state.variables.get("head/bias")!.values.fill(7);
  const engine = new AutoEngine(engineContext(options, build));
  await engine.restore({ ...state, step: 5 });

  const logits = await engine.logits(allRows(2));

  expect(engine.fallbackReason).toMatch(/the result of Max is read back/);
  expect(logits[0]).toBeGreaterThan(3);
  expect((await engine.state()).step).toBe(5);
});
