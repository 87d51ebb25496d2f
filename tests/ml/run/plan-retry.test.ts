import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { stageInputs, withDownstream } from "../../../ml/run/downstream.ts";
import type { RetryWish } from "../../../ml/run/plan-retry.ts";
import { planRetry } from "../../../ml/run/plan-retry.ts";
import type { RunRecord } from "../../../ml/run/schema.ts";
import { runRecordSchema } from "../../../ml/run/schema.ts";
import { changedStages } from "../../../ml/run/stage-parameters.ts";
import type { Stage } from "../../../ml/stages.ts";
import { stages } from "../../../ml/stages.ts";
import { aRecord, stagesWith } from "../../support/fake-convoy.ts";

const codeHashes = Object.fromEntries(stages.map((name) => [name, `code of ${name}`])) as Record<Stage, string>;
const ran = (name: Stage) => ({
  status: "ran" as const,
  key: `key of ${name}`,
  entry: "e",
  codeHash: codeHashes[name],
  outputs: { result: { uri: `objects/${name}`, sha256: "a".repeat(64), sizeBytes: 1, mediaType: "x" } },
});

/** A run that went well up to `failed`, with explore beside the training. */
function failedAt(failed: Stage): RunRecord {
  const before = stages.slice(0, stages.indexOf(failed)).filter((name) => name !== failed);
  const entries = [...before.map((name) => [name, ran(name)]), [failed, { status: "failed", codeHash: codeHashes[failed] }]];
  return aRecord({ status: "failed", finishedAt: "2026-01-02T04:00:00.000Z", stages: stagesWith(Object.fromEntries(entries)) });
}

function plan(record: RunRecord, wish: Partial<RetryWish> = {}) {
  const { pinned, ...rest } = planRetry(record, { pipeline: record.pipeline, codeHashes, lost: [], ...wish });
  return { ...rest, pinned: pinned.map(({ name }) => name) };
}

describe("a retry", () => {
  test("Metaflow #1851: trains nothing again that was trained: what succeeded is pinned, only the failed stage and those after it run", () => {
    expect(plan(failedAt("evaluate"))).toEqual({
      pinned: ["ingest", "check", "split", "normalize", "encode", "augment", "explore", "train"],
      codeChanged: [],
      runs: ["evaluate", "register"],
      anew: [],
    });
  });

  test("Prefect #9814: keeps every result of a run, not only of its last stage, so that one failure does not run all tasks again", () => {
    for (const failed of stages.slice(1)) expect(plan(failedAt(failed)).pinned).not.toContain(failed);
    expect(plan(failedAt("train")).pinned).toHaveLength(7);
  });

  test("Flyte #3121: knows stages by name, so that a record in another order gives the same results to the same stages", () => {
    const record = failedAt("train");
    const shuffled = { ...record, stages: record.stages.toReversed() };

    const [before, after] = [record, shuffled].map((each) =>
      Object.fromEntries(
        planRetry(each, { pipeline: each.pipeline, codeHashes, lost: [] }).pinned.map(({ name, key }) => [name, key]),
      ),
    );

    expect(after).toEqual(before);
    expect(after?.["split"]).toBe("key of split");
  });

  test("says which kept results other code made, and resumes a training that is the same work", () => {
    const changed = { ...codeHashes, split: "edited", encode: "edited" };

    expect(plan(failedAt("train"), { codeHashes: changed })).toMatchObject({
      codeChanged: ["split", "encode"],
      runs: ["train", "evaluate", "register"],
    });
  });

  test("runs the stage it is told to begin with and what depends on it, and asks the ledger for none of them", () => {
    const wanted = ["augment", "explore", "train", "evaluate", "register"];

    expect(plan(failedAt("register"), { from: "augment" })).toMatchObject({ runs: wanted, anew: wanted });
  });

  test("Metaflow #664: does what made a lost object again, and keeps what does not depend on it", () => {
    expect(plan(failedAt("register"), { lost: ["encode"] })).toMatchObject({
      pinned: ["ingest", "check", "split", "normalize", "augment", "explore"],
      anew: ["encode"],
    });
  });

  test("with another value runs what reads it and what depends on that", () => {
    const record = failedAt("evaluate");
    const pipeline = { ...record.pipeline, train: { ...record.pipeline.train, batchSize: 77 } };

    expect(plan(record, { pipeline })).toMatchObject({ runs: ["train", "evaluate", "register"] });
  });
});

test("a new seed concerns the stages that draw, another name only registration, another path none", () => {
  const { pipeline } = aRecord();

  expect(changedStages(pipeline, { ...pipeline, seed: 8 })).toEqual(["split", "augment", "explore", "train", "evaluate"]);
  expect(changedStages(pipeline, { ...pipeline, name: "other" })).toEqual(["register"]);
  expect(changedStages(pipeline, { ...pipeline, register: { ...pipeline.register, margin: 0.5 } })).toEqual(["register"]);
  expect(changedStages(pipeline, { ...pipeline, dataset: { path: "elsewhere" } })).toEqual([]);
});

test("what depends on a stage is what runs really record as its inputs", () => {
  const history = readFileSync(new URL("../../workflows/histories/train-model-done.json", import.meta.url), "utf8");
  const record = recordIn(JSON.parse(history));
  const maker = new Map(
    record.stages.flatMap(({ name, outputs }) =>
      Object.entries(outputs).map(([output, ref]) => [ref.sha256, [name, output] as const]),
    ),
  );

  for (const { name, inputs } of record.stages) {
    const made = Object.entries(inputs).flatMap(([input, { sha256 }]) => {
      const from = maker.get(sha256);
      return from ? [[input, from] as const] : [];
    });
    expect(Object.fromEntries(made), name).toEqual(stageInputs[name]);
  }
  expect(withDownstream(["ingest"])).toEqual(stages);
  expect(withDownstream(["explore"])).toEqual(["explore"]);
});

/** The record that a finished workflow gave back. */
function recordIn(history: {
  events: { workflowExecutionCompletedEventAttributes?: { result: { payloads: { data: string }[] } } }[];
}) {
  const [payload] = history.events.at(-1)?.workflowExecutionCompletedEventAttributes?.result.payloads ?? [];
  return runRecordSchema.parse(JSON.parse(Buffer.from(payload?.data ?? "", "base64").toString("utf8")));
}
