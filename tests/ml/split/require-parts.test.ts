import { expect, test } from "vitest";

import { pipelineSchema } from "../../../ml/pipeline.ts";
import type { RunRecord } from "../../../ml/run/schema.ts";
import { requireParts } from "../../../ml/split/require-parts.ts";

function record(more: Partial<RunRecord> = {}, calibration = "none"): RunRecord {
  const pipeline = pipelineSchema.parse({
    name: "digits",
    dataset: { path: "x" },
    model: ["flatten"],
    evaluate: { calibration },
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

  expect(() => requireParts(record({}, "temperature"), rows)).toThrow(
    /evaluate\.calibration temperature is fitted on the validation part/,
  );
  expect(() => requireParts(record(), rows)).not.toThrow();
});
