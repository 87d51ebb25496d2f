import { beforeAll, expect, test } from "vitest";

import { TrainerCrashed } from "../../../ml/errors.ts";
import { explained } from "../../../trainer/engine/tensorflow-failure.ts";
import { loadTensorflow } from "../../../trainer/runtime/tensorflow.ts";

beforeAll(async () => {
  await loadTensorflow({ device: "cpu" });
});

const failing = (message: string) => () =>
  explained("a step of 32 images", () => {
    throw new Error(message);
  });

test("says device, batch and remedies where memory ran out", () => {
  const run = failing("Session fail to run with error: OOM when allocating tensor with shape[32,64,112,112]\n\t [[node]]");

  expect(run).toThrow(TrainerCrashed);
  expect(run).toThrow(
    /out of memory on the CPU in a step of 32 images: .*shape\[32,64,112,112\]\. Try a smaller train\.batchSize/,
  );
});

test("leaves other errors as they are", () => {
  expect(failing("something else")).toThrow(/^something else$/);
});
