import { beforeEach, describe, expect, test } from "vitest";

import type { Pipeline } from "../../ml/pipeline.ts";
import type { Checkpoint } from "../../storage/checkpoint-bytes.ts";
import { Checkpoints } from "../../storage/checkpoints.ts";
import type { TrainingWork } from "../../storage/trainings.ts";
import { earlierTrainings, noteTraining, notedTrainings } from "../../storage/trainings.ts";
import { aRecord } from "../support/fake-convoy.ts";
import { MemoryObjectStore } from "../support/memory-object-store.ts";

const { pipeline } = aRecord();
const dataset = { uri: "objects/d", sha256: "d".repeat(64), sizeBytes: 1, mediaType: "application/json" };
type Changes = Partial<Pipeline["train"]>;
const work = (train: Changes = {}, change: Partial<TrainingWork> = {}): TrainingWork => ({
  parameters: { train: { ...pipeline.train, epochs: 5, ...train }, model: pipeline.model },
  inputs: { dataset },
  seed: 7,
  codeHash: "code",
  ...change,
});

let objects: MemoryObjectStore;
beforeEach(() => {
  objects = new MemoryObjectStore();
});

/** A run that began a training and got so far. */
async function trained(runId: string, epoch: number, of = work()): Promise<void> {
  await noteTraining(objects, of, runId);
  const owner = { activityId: "1", attempt: 1, scheduledAtMs: 1 };
  const checkpoints = await Checkpoints.claim(objects, { runId, stage: "train" }, owner);
  const state: Checkpoint["state"] = {
    epoch,
    stepInEpoch: 10,
    epochDone: true,
    runningTotals: { lossSum: 1, correct: 3, rows: 10 },
    history: [],
    bestEpoch: { best: null, epochsWithout: 0 },
    stoppedEarly: false,
  };
  const moment = { workHash: "w", keepsBest: false, step: 10, state, variables: new Map() };
  await checkpoints.save(moment, { keep: 1, best: { own: false, key: null } });
}

describe("an earlier training", () => {
  test.each<[string, Changes]>([
    ["more epochs", { epochs: 9 }],
    ["as many, interrupted", {}],
    ["other checkpoints and minutes", { keepCheckpoints: 7, checkpointMinutes: 1, maxMinutes: 9 }],
  ])("is found by one with %s", async (_, change) => {
    await trained("earlier", 5);

    expect(await earlierTrainings(objects, work(change))).toEqual([{ runId: "earlier", epoch: 5 }]);
  });

  test.each<[string, TrainingWork]>([
    ["another batch size", work({ batchSize: 7 })],
    ["fewer epochs than it has", work({ epochs: 4 })],
    ["a rung before its last epoch", work({}, { parameters: { ...work().parameters, untilEpoch: 3 } })],
    ["another seed", work({}, { seed: 8 })],
    ["other code", work({}, { codeHash: "other" })],
    ["other data", work({}, { inputs: { dataset: { ...dataset, sha256: "e".repeat(64) } } })],
  ])("is not found by one with %s", async (_, other) => {
    await trained("earlier", 5);

    expect(await earlierTrainings(objects, other)).toEqual([]);
  });

  test.each<[string, Changes]>([
    ["a cosine schedule over all of them", { schedule: { name: "cosine" } }],
    ["callbacks, which are told how many there are", { callbacks: [{ file: "a.ts" }] as unknown as never }],
  ])("is not prolonged where its epochs depend on how many there are: %s", async (_, bound) => {
    await trained("earlier", 5, work(bound));

    expect(await earlierTrainings(objects, work({ ...bound, epochs: 9 }))).toEqual([]);
    expect(await earlierTrainings(objects, work(bound))).toHaveLength(1);
  });

  test("is prolonged with a cosine schedule of a length of its own", async () => {
    const schedule = { name: "cosine", epochs: 4 } as Pipeline["train"]["schedule"];
    await trained("earlier", 5, work({ schedule }));

    expect(await earlierTrainings(objects, work({ schedule, epochs: 9 }))).toHaveLength(1);
  });
});

test("the farthest comes first, then the newest run; one without checkpoints and the run that asks are none", async () => {
  await trained("a", 3);
  await trained("b", 4);
  await trained("c", 4);
  await trained("asking", 4);
  await noteTraining(objects, work(), "d");

  expect(await earlierTrainings(objects, work(), "asking")).toEqual([
    { runId: "c", epoch: 4 },
    { runId: "b", epoch: 4 },
    { runId: "a", epoch: 3 },
  ]);
});

test("what a run noted is found by its id alone, to be collected with it", async () => {
  await noteTraining(objects, work(), "kept");
  await noteTraining(objects, work(), "old");
  await noteTraining(objects, work({ batchSize: 7 }), "old");

  const keys = await notedTrainings(objects, new Set(["old"]));

  expect(keys).toHaveLength(2);
  expect(keys.every((key) => key.endsWith("/old.json"))).toBe(true);
});
