import { expect, test } from "vitest";

import { pipelineSchema } from "../../../ml/pipeline.ts";
import type { RunRecord } from "../../../ml/run/schema.ts";
import { requireParts } from "../../../ml/split/require-parts.ts";

function record(more: Partial<RunRecord> = {}, evaluate: object = {}): RunRecord {
  const pipeline = pipelineSchema.parse({
    name: "digits",
    dataset: { path: "x" },
    model: ["flatten"],
    evaluate,
  });
  return { pipeline, ...more } as RunRecord;
}

test("refuses a run that tests what it trains and has nothing to test it on; not a trial, nor one that ends before", () => {
  const rows = { train: 8, validation: 2, test: 0 };

  expect(() => requireParts(record(), rows)).toThrow(/The test part has no rows.*give split\.test a share/);
  expect(() => requireParts(record({ until: "train" }), rows)).not.toThrow();
  expect(() => requireParts(record({ trial: { sweepId: "s", number: 1, execution: 1 } }), rows)).not.toThrow();
  expect(() => requireParts(record(), { ...rows, test: 1 })).not.toThrow();
});

test("refuses a correction of probabilities without a part to fit it on", () => {
  const rows = { train: 8, validation: 0, test: 2 };

  expect(() => requireParts(record({}, { calibration: "temperature" }), rows)).toThrow(
    /evaluate\.calibration temperature is fitted on the validation part/,
  );
  expect(() => requireParts(record(), rows)).not.toThrow();
});

test.each([
  ["youden", /evaluate\.threshold "youden" is found on the validation part.*or leave threshold out/],
  [{ sensitivity: 0.9 }, /evaluate\.threshold \{"sensitivity":0\.9\} is found on the validation part/],
])("refuses the threshold %j without a part to find it on", (threshold, message) => {
  const rows = { train: 8, validation: 0, test: 2 };

  expect(() => requireParts(record({}, { threshold }), rows)).toThrow(message);
  expect(() => requireParts(record({}, { threshold }), { ...rows, validation: 1 })).not.toThrow();
  expect(() => requireParts(record({}, { threshold: 0.4 }), rows)).not.toThrow();

  const lacking = { train: 8, validation: 2, validationLacks: "benign", test: 2 };
  expect(() => requireParts(record({}, { threshold }), lacking)).toThrow(
    /is found on validation images of both classes, and none of them is of "benign".*larger share/,
  );
  expect(() => requireParts(record({}, { threshold: 0.4 }), lacking)).not.toThrow();
});
