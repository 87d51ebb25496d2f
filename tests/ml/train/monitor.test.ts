import { describe, expect, test } from "vitest";

import { monitorOf } from "../../../ml/train/monitor.ts";

describe("what a training watches", () => {
  test.each([
    { what: "the loss of equal classes", classWeights: "none" as const, counts: [100, 500], monitor: "loss" },
    {
      what: "balanced accuracy of very unequal ones",
      classWeights: "none" as const,
      counts: [100, 501],
      monitor: "balancedAccuracy",
    },
    {
      what: "balanced accuracy where classes are weighted",
      classWeights: "sqrt" as const,
      counts: [100, 100],
      monitor: "balancedAccuracy",
    },
    {
      what: "the loss where a class has no images, which are not unequal",
      classWeights: "none" as const,
      counts: [0, 90],
      monitor: "loss",
    },
    { what: "the loss where nothing is known of the images", classWeights: "none" as const, counts: undefined, monitor: "loss" },
  ])("is $what", ({ classWeights, counts, monitor }) => {
    expect(monitorOf({ classWeights }, counts)).toBe(monitor);
  });

  test("is what it is told to, whatever the classes", () => {
    expect(monitorOf({ monitor: "auc", classWeights: "balanced" }, [1, 900])).toBe("auc");
  });
});
