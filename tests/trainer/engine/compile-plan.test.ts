import { beforeAll, expect, test } from "vitest";

import { engineContext } from "../../../trainer/engine/engine-context.ts";
import { compilePlan } from "../../../trainer/engine/graph/compile-plan.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import { engineOptions, type Case } from "./support.ts";

beforeAll(loadTestTensorflow);

const planFor = (given: Partial<Case>, rows: number | null) =>
  compilePlan(engineContext(engineOptions({ model: ["flatten"], ...given })), rows);

test("compiles the full and the last batch, and many steps a call where a step is small", () => {
  expect(planFor({}, 16 * 40 + 5)).toEqual({ batchSizes: [16, 5], resident: true, stepsPerCall: 16 });
  expect(planFor({}, 16 * 3)).toEqual({ batchSizes: [16], resident: true, stepsPerCall: 3 });
  expect(planFor({}, 7)).toEqual({ batchSizes: [7], resident: true, stepsPerCall: 1 });
  expect(planFor({}, null)).toEqual({ batchSizes: [], resident: true, stepsPerCall: 1 });
});

test("takes one step a call where a step is work enough, or where pixels are given with each", () => {
  const large = { model: [{ conv: 32, repeat: 2 }], shape: { height: 64, width: 64, channels: 3 }, train: { batchSize: 32 } };

  expect(planFor(large, 320).stepsPerCall).toBe(1);
  expect(planFor({ residentBytes: 100 }, 160)).toEqual({ batchSizes: [16], resident: false, stepsPerCall: 1 });
});
