import { expect, test } from "vitest";

import { expectedSeconds, whyNew } from "../../../ml/run/forecast.ts";
import { aDoneRecord, stagesWith } from "../../support/fake-convoy.ts";

const ref = (letter: string) => ({
  uri: `objects/${letter}`,
  sha256: letter.repeat(64),
  sizeBytes: 1,
  mediaType: "application/json",
});
const result = { status: "ran" as const, key: "k", entry: "e", codeHash: "c" };
const before = aDoneRecord({
  runId: "run-before",
  stages: stagesWith({
    split: { ...result, seconds: 4, inputs: { dataset: ref("a"), check: ref("b") } },
    train: { ...result, seconds: 100, summary: { epochs: 5 }, inputs: { dataset: ref("a") } },
    check: { ...result, status: "reused", seconds: 0.1 },
  }),
});
const { pipeline } = before;

test("a stage without any earlier result has never run", () => {
  expect(whyNew({ stage: "split", pipeline, inputs: {} }, [])).toBe("it has never run");
});

test("names values, seed and inputs that differ from the newest run with a result", () => {
  const changed = { ...pipeline, seed: 8, split: { ...pipeline.split, test: 0.3 } };

  expect(whyNew({ stage: "split", pipeline: changed, inputs: { dataset: ref("c"), check: ref("b") } }, [before])).toBe(
    "test 0.2 → 0.3; seed 7 → 8; another dataset (since run run-before)",
  );
});

test("a seed is no reason for a stage that draws nothing, and many values are counted", () => {
  const train = { ...pipeline.train, epochs: 7, batchSize: 8, keepCheckpoints: 9, restoreBest: false };

  expect(whyNew({ stage: "check", pipeline: { ...pipeline, seed: 8 }, inputs: {} }, [before])).toBe(
    "its result is no longer in the store",
  );
  expect(whyNew({ stage: "train", pipeline: { ...pipeline, train }, inputs: { dataset: ref("a") } }, [before])).toMatch(
    /^train\.\w+ .* → .*; .*; .*; 1 more values changed \(since run run-before\)$/,
  );
});

test("times are those of the newest run that did the work, a training's by its epochs", () => {
  const longer = { ...pipeline, train: { ...pipeline.train, epochs: 20 } };

  expect(expectedSeconds("split", pipeline, [before])).toBe(4);
  expect(expectedSeconds("train", longer, [before])).toBe(400);
  expect(expectedSeconds("check", pipeline, [before])).toBeNull();
});

test("a training that goes on takes the epochs that are left, and one that went on is timed by those it did", () => {
  const longer = { ...pipeline, train: { ...pipeline.train, epochs: 20 } };
  const wentOn = aDoneRecord({
    stages: stagesWith({
      train: { ...result, seconds: 30, summary: { epochs: 8 }, continuedFrom: { runId: "run-before", epoch: 5 } },
    }),
  });

  expect(expectedSeconds("train", longer, [before], 5)).toBe(300);
  expect(expectedSeconds("train", longer, [wentOn])).toBe(200);
});

test("says why more epochs cannot follow where their schedule spans them all", () => {
  const longer = { ...pipeline, train: { ...pipeline.train, epochs: 20, schedule: { name: "cosine" as const } } };
  const spanning = { ...before, pipeline: { ...pipeline, train: { ...longer.train, epochs: 5 } } };

  expect(whyNew({ stage: "train", pipeline: longer, inputs: { dataset: ref("a") } }, [spanning])).toBe(
    "train.epochs 5 → 20; begins anew: the cosine schedule spans train.epochs; give train.schedule.epochs to fix its length (since run run-before)",
  );
});
