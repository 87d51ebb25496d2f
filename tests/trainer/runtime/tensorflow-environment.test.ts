import { availableParallelism } from "node:os";

import { expect, test } from "vitest";

import { tensorflowEnvironment } from "../../../trainer/runtime/tensorflow-environment.ts";

test("pins whatever changes bits, with all cores where nothing is said", () => {
  expect(tensorflowEnvironment({ device: "auto" })).toMatchObject({
    TF_NUM_INTRAOP_THREADS: String(availableParallelism()),
    TF_ENABLE_ONEDNN_OPTS: "1",
    TF_DETERMINISTIC_OPS: "1",
    TF_FORCE_GPU_ALLOW_GROWTH: "true",
    NVIDIA_TF32_OVERRIDE: "0",
  });
});

test("takes given threads and leaves oneDNN off where asked to", () => {
  const variables = tensorflowEnvironment({ device: "cpu", threads: 3, onednn: false });

  expect(variables).toMatchObject({ TF_NUM_INTRAOP_THREADS: "3", TF_ENABLE_ONEDNN_OPTS: "0" });
  expect(variables).not.toHaveProperty("TF_XLA_FLAGS");
});

test("shortens a graphics card's products only where asked to", () => {
  expect(tensorflowEnvironment({ device: "gpu", tf32: true })).not.toHaveProperty("NVIDIA_TF32_OVERRIDE");
});

test("clusters by XLA only where asked to", () => {
  expect(tensorflowEnvironment({ device: "gpu", xla: true })).toMatchObject({ TF_XLA_FLAGS: "--tf_xla_auto_jit=2" });
});
