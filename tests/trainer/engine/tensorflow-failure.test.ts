import { beforeAll, expect, test } from "vitest";

import { TrainerCrashed } from "../../../ml/errors.ts";
import { explained } from "../../../trainer/engine/tensorflow-failure.ts";
import { loadTestTensorflow, testDevice } from "../../support/test-device.ts";

beforeAll(loadTestTensorflow);

const failing = (message: string) => () =>
  explained("a step of 32 images", () => {
    throw new Error(message);
  });

test("says device, batch and remedies where memory ran out", () => {
  const run = failing("Session fail to run with error: OOM when allocating tensor with shape[32,64,112,112]\n\t [[node]]");

  expect(run).toThrow(TrainerCrashed);
  expect(run).toThrow(
    new RegExp(
      `out of memory on the ${testDevice.toUpperCase()} in a step of 32 images: .*shape\\[32,64,112,112\\]\\. Try a smaller train\\.batchSize`,
    ),
  );
});

test("leaves other errors as they are", () => {
  expect(failing("something else")).toThrow(/^something else$/);
});
