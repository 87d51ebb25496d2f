import { describe, expect, test } from "vitest";

import { fullPatience, isExhausted, judgeEpoch, judgePatience, noEpochYet } from "../../../ml/train/best-epoch.ts";
import type { Score } from "../../../ml/train/schema.ts";

const score = (change: Partial<Score>): Score => ({ loss: 1, accuracy: 0.5, balancedAccuracy: null, auc: null, ...change });

describe("the best epoch", () => {
  test.each([
    ["loss" as const, [0.9, 0.5, 0.5, 0.7], 2],
    ["accuracy" as const, [0.9, 0.5, 0.9, 0.95], 4],
  ])("by %s is the first of the best", (monitor, values, expected) => {
    const end = values.reduce(
      (state, value, i) => judgeEpoch(state, i + 1, { validation: score({ [monitor]: value }) }, monitor),
      noEpochYet,
    );

    expect(end.best?.epoch).toBe(expected);
  });

  test("is the newest where there is no validation part", () => {
    const end = [1, 2, 3].reduce((state, epoch) => judgeEpoch(state, epoch, { validation: null }, "loss"), noEpochYet);

    expect(end).toEqual({ best: { epoch: 3, value: 0 }, epochsWithout: 0 });
  });

  test("is never one whose measure is missing", () => {
    const first = judgeEpoch(noEpochYet, 1, { validation: score({ auc: null }) }, "auc");
    const second = judgeEpoch(first, 2, { validation: score({ auc: 0.4 }) }, "auc");

    expect([first.best, second.best?.epoch]).toEqual([null, 2]);
  });
});

test.each([
  [{ patience: 2 }, [false, false, true, false, false, true]],
  [{ patience: 2, minDelta: 0.15 }, [false, false, true, true, true, true]],
  [{ patience: 1, startFromEpoch: 3 }, [false, false, false, false, true, true]],
])("training ends after as many epochs without enough of an improvement as %j says", (earlyStopping, expected) => {
  const values = [0.5, 0.6, 0.7, 0.4, 0.5, 0.6];
  const train = { monitor: "loss" as const, earlyStopping };
  let state = fullPatience;

  const ends = values.map((loss, i) =>
    isExhausted((state = judgePatience(state, i + 1, { validation: score({ loss }) }, train)), train),
  );

  expect(ends).toEqual(expected);
});
