import { readFileSync } from "node:fs";

import { beforeAll, expect, test } from "vitest";

import { modelParametersSchema } from "../../../ml/model/transfer/schema.ts";
import type { EngineState } from "../../../trainer/engine/engine.ts";
import { createEngine } from "../../../trainer/engine/create-engine.ts";
import { gradCam } from "../../../trainer/engine/grad-cam.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import { engineOptions } from "./support.ts";

beforeAll(loadTestTensorflow);

interface Golden {
  images: number[];
  codes: number[];
  weights: Record<string, { shape: number[]; values: number[] }>;
  height: number;
  width: number;
  maps: number[][];
}

test("gives the maps of Keras' gradients, also where nothing speaks for the class", async () => {
  // Made by tests/golden/evaluate/make-grad-cam.py.
  const url = new URL("../../golden/evaluate/grad-cam.json", import.meta.url);
  const golden = JSON.parse(readFileSync(url, "utf8")) as Golden;
  const shape = { height: 8, width: 6, channels: 3 };
  const options = engineOptions({ model: ["flatten"], shape, rows: 3, classes: 3 });
  const size = 8 * 6 * 3;
  const state: EngineState = {
    step: 0,
    variables: new Map(
      Object.entries(golden.weights).map(([name, { shape: of, values }]) => [
        name,
        { shape: of, values: Float32Array.from(values) },
      ]),
    ),
  };

  const maps = await gradCam(
    {
      ...options,
      model: modelParametersSchema.parse([
        { conv: 4 },
        { pool: "max" },
        { conv: 5 },
        "flatten",
        { dense: 6, activation: "tanh", dropout: 0.5 },
      ]),
      data: {
        ...options.data,
        read: async (rows) => Uint8Array.from([...rows].flatMap((row) => golden.images.slice(row * size, (row + 1) * size))),
      },
    },
    state,
    Int32Array.of(0, 1, 2),
    Int32Array.from(golden.codes),
  );

  expect(maps).toMatchObject({ height: golden.height, width: golden.width });
  for (const [i, expected] of golden.maps.flat().entries()) expect(maps?.values[i]).toBeCloseTo(expected, 4);
});

test.each([
  ["one logit of two classes", { model: [{ conv: 2 }, { pool: "globalAverage" }], classes: 2, encoding: "binary" }],
  ["residual blocks", { model: [{ residual: 2 }, { residual: 2 }, { pool: "globalAverage" }] }],
  ["a published network's blocks", { model: [{ inception: [2, 2, 2, 2, 2, 2] }, "flatten", { dense: 4 }] }],
] as const)("gives a map for each row with %s, from 0 to 1", async (_what, given) => {
  const options = engineOptions({ ...given, model: [...given.model], rows: 6 });
  const engine = createEngine(options);
  const state = await engine.state();
  engine.dispose();

  const maps = await gradCam(options, state, Int32Array.of(0, 5), Int32Array.of(1, 0));

  expect(maps?.values).toHaveLength(2 * (maps?.height ?? 0) * (maps?.width ?? 0));
  expect(maps?.values.every((value) => value >= 0 && value <= 1)).toBe(true);
});

test("has nothing to show for a network without a feature map", async () => {
  const options = engineOptions({ model: ["flatten", { dense: 3 }] });
  const engine = createEngine(options);
  const state = await engine.state();
  engine.dispose();

  expect(await gradCam(options, state, Int32Array.of(0), Int32Array.of(0))).toBeNull();
});
