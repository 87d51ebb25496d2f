import { describe, expect, test } from "vitest";

import type { RunRecord, StageRecord } from "../../../ml/run/schema.ts";
import { compareNumbers } from "../../../ml/run/tolerance.ts";
import { isReproduced, runVerdict, stageVerdict, verdictByRecord } from "../../../ml/run/verdict.ts";
import type { Stage } from "../../../ml/stages.ts";
import { aRecord, stagesWith } from "../../support/fake-convoy.ts";

const ran = { status: "ran" as const, key: "k", entry: "e", codeHash: "c" };
const failed = (type: string, message = "why") => ({ status: "failed" as const, error: { type, message } });
const record = (changes: Partial<Record<Stage, Partial<StageRecord>>>, origin?: RunRecord["origin"]) =>
  aRecord({ stages: stagesWith(changes), ...(origin ? { origin } : {}) });
const reproduction: RunRecord["origin"] = { kind: "reproduce", runId: "before", code: "original", set: [], codeChanged: [] };
const weights = (found: number) => ({ output: "weights", ...compareNumbers([1], [found], () => "kernel[0]") });

describe("the verdict on a stage", () => {
  test("is bit-identical, within tolerance or diverged by its worst output, and names only outputs that differ", () => {
    expect(stageVerdict("train", [weights(1)])).toEqual({ stage: "train", verdict: "bitIdentical", differences: [] });
    expect(stageVerdict("train", [weights(1), weights(1.0005)])).toMatchObject({
      verdict: "withinTolerance",
      differences: [{ output: "weights", differing: 1 }],
    });
    expect(stageVerdict("train", [weights(1.0005), weights(1.5)]).verdict).toBe("diverged");
  });

  test("needs a look at the outputs where both have them, whoever made them", () => {
    expect(verdictByRecord("train", record({ train: ran }), record({ train: { ...ran, status: "reused" } }))).toBeNull();
  });

  test.each<[string, Partial<StageRecord>, Partial<StageRecord>, string, RegExp]>([
    [
      "the same failure is reproduced",
      failed("TrainingDiverged"),
      failed("TrainingDiverged", "NaN in epoch 2"),
      "bitIdentical",
      /both times/,
    ],
    [
      "another failure is not",
      failed("TrainingDiverged"),
      failed("TrainingStuck"),
      "diverged",
      /at that time TrainingDiverged.*, now TrainingStuck/,
    ],
    [
      "a failure where there was none has diverged",
      ran,
      failed("TrainingStuck"),
      "diverged",
      /at that time ran, now TrainingStuck: why/,
    ],
    [
      "a result where there was a failure has diverged",
      failed("TrainingStuck"),
      ran,
      "diverged",
      /at that time TrainingStuck: why, now ran/,
    ],
    ["what was not reached before is not compared", { status: "skipped" }, ran, "notCompared", /at that time/],
    ["what is not reached now is not compared", ran, { status: "skipped" }, "notCompared", /now/],
  ])("%s", (_, before, after, verdict, reason) => {
    expect(verdictByRecord("train", record({ train: before }), record({ train: after }))).toEqual({
      stage: "train",
      verdict,
      reason: expect.stringMatching(reason) as string,
      differences: [],
    });
  });

  test("leaves registration out: a reproduction registers nothing", () => {
    const found = verdictByRecord(
      "register",
      record({ register: ran }),
      record({ register: { status: "skipped" } }, reproduction),
    );

    expect(found?.verdict).toBe("notCompared");
  });
});

describe("the verdict on a run", () => {
  const stage = (name: Stage, found: number) => stageVerdict(name, [weights(found)]);

  test("is that of its worst stage, and names the first that differs in the order of the stages", () => {
    const verdict = runVerdict([stage("evaluate", 2), stage("train", 1.0005), stage("split", 1)]);

    expect([verdict.verdict, verdict.firstDifference]).toEqual(["diverged", "train"]);
    expect(verdict.stages.map(({ stage: name }) => name)).toEqual(["split", "train", "evaluate"]);
  });

  test.each([
    ["bit-identical", 1, true, true],
    ["within tolerance", 1.0005, true, false],
    ["diverged", 2, false, false],
  ])("%s counts as reproduced: %s; with --exact: %s", (_, found, standard, exact) => {
    const verdict = runVerdict([stage("train", found)]);

    expect([isReproduced(verdict, false), isReproduced(verdict, true)]).toEqual([standard, exact]);
  });

  test("is no success where nothing could be compared", () => {
    const nothing = runVerdict([{ stage: "train", verdict: "notCompared", reason: "was not reached now", differences: [] }]);

    expect(isReproduced(nothing, false)).toBe(false);
  });
});
