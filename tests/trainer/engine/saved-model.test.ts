import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

import { beforeAll, expect, test } from "vitest";

import { createEngine } from "../../../trainer/engine/create-engine.ts";
import { encodeSavedModel } from "../../../trainer/engine/graph/saved-model.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import { allRows, engineOptions, trainEpochs } from "./support.ts";

/** A Python with TensorFlow: named by CONVOY_TEST_PYTHON, or where the benchmark against Keras puts its own. */
const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
const python = process.env["CONVOY_TEST_PYTHON"] ?? join(cache, "convoy", "bench", "keras", "bin", "python");
const reason = existsSync(python) ? "" : ` (skipped: no Python with TensorFlow at ${python}; set CONVOY_TEST_PYTHON)`;

beforeAll(loadTestTensorflow);

const model = [
  { conv: 4, batchNorm: true, stride: 2 },
  { transposed: 4 },
  { separable: 4 },
  { upsample: 2 },
  { pool: "max", dropout: 0.3 },
  { conv: 4, activation: "tanh" },
  { pool: "globalAverage" },
  { dense: 8 },
];

test.skipIf(reason !== "")(
  `an exported model gives the same predictions in Python's TensorFlow, in any batch size${reason}`,
  async () => {
    const options = engineOptions({ model, shape: { height: 7, width: 9, channels: 3 }, train: { engine: "graph" } });
    const engine = createEngine(options);
    await trainEpochs(engine, 3, { learningRate: 1e-2 });
    const folder = mkdtempSync(join(tmpdir(), "convoy-export-"));
    writeFileSync(join(folder, "saved_model.pb"), await engine.savedModel());
    const rows = allRows(10);
    const pixels = await options.data.read(rows);

    const images = nested([...pixels], [10, 7, 9, 3]);
    const { stdout, stderr } = spawnSync(python, ["tests/golden/train/predict-saved-model.py", folder], {
      input: JSON.stringify(images),
      encoding: "utf8",
    });

    rmSync(folder, { recursive: true });
    expect(stdout, stderr).not.toBe("");
    const expected = softmaxRows(await engine.logits(rows), 4);
    for (const [i, probability] of (JSON.parse(stdout) as number[][]).flat().entries()) {
      expect(Math.abs(probability - expected[i]!)).toBeLessThan(1e-5);
    }
    engine.dispose();
  },
  120_000,
);

test("an export holds no optimizer and no training step", async () => {
  const engine = createEngine(engineOptions({ model: [{ conv: 4 }], train: { engine: "graph" } }));

  const text = Buffer.from(await engine.savedModel()).toString("latin1");

  expect(text).toContain("serving_default");
  expect(text).not.toContain("ResourceApply");
  expect(text).not.toContain("VarHandleOp");
  engine.dispose();
});

test("writes a constant of equal values as one of them", () => {
  const constant = (values: Float32Array) =>
    encodeSavedModel([
      { name: "c", op: "Const", inputs: [], attributes: { value: { tensor: { dtype: 1, shape: [values.length], values } } } },
    ]).length;

  expect(constant(new Float32Array(100_000).fill(0.5))).toBeLessThan(100);
  expect(constant(Float32Array.from({ length: 1000 }, (_, i) => i))).toBeGreaterThan(4000);
});

function nested(values: number[], shape: number[]): unknown {
  if (shape.length === 1) return values;
  const size = values.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, i) => nested(values.slice(i * size, (i + 1) * size), shape.slice(1)));
}

function softmaxRows(logits: Float32Array, outputs: number): number[] {
  return Array.from(logits, (value, i) => {
    const row = logits.subarray(i - (i % outputs), i - (i % outputs) + outputs);
    return Math.exp(value) / row.reduce((sum, other) => sum + Math.exp(other), 0);
  });
}
