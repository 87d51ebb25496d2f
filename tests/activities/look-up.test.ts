import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeEach, expect, test, vi } from "vitest";

import type { NextWork } from "../../activities/look-up.ts";
import { lookAhead } from "../../activities/look-up.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
import { gatherInputs } from "../../ml/run/downstream.ts";
import { stageParameters } from "../../ml/run/stage-parameters.ts";
import type { Stage } from "../../ml/stages.ts";
import { seedOf, stages } from "../../ml/stages.ts";
import { ledgerKey } from "../../storage/ledger.ts";
import { aRecord } from "../support/fake-convoy.ts";
import { memoryStore } from "../support/memory-store.ts";

const { runId, source, pipeline } = aRecord();
const codeHash = "c".repeat(64);
const outputNames: Partial<Record<Stage, string>> = {
  ingest: "dataset",
  check: "report",
  split: "split",
  normalize: "normalizer",
  encode: "encoder",
};
let store: ReturnType<typeof memoryStore>;
let made: Partial<Record<Stage, Record<string, ArtifactRef>>>;

beforeEach(() => {
  store = memoryStore(join(tmpdir(), "convoy-look-up-test"));
  made = {};
});

/** Puts a stage's result into the ledger, made from those that were made before. */
async function make(stage: Stage, platform = "linux") {
  const { inputs: gathered } = gatherInputs(stage, new Map(Object.entries(made) as [Stage, Record<string, ArtifactRef>][]));
  const inputs = stage === "ingest" ? { source } : gathered;
  const key = ledgerKey({
    stage,
    parameters: stageParameters[stage](pipeline),
    inputs,
    seed: seedOf(stage, pipeline.seed),
  });
  const outputs = { [outputNames[stage] ?? stage]: await store.artifacts.putJson({ stage }) };
  const environment = { platform };
  const facts = { codeHash, environment, runId: "earlier", createdAt: "2026-01-01T00:00:00.000Z", seconds: 1, summary: {} };
  made[stage] = outputs;
  return store.ledger.record({ stage, key, outputs, ...facts });
}

const nextWork = (change: Partial<NextWork> = {}): NextWork => ({
  runId,
  source,
  pipeline,
  stages: stages.map((stage) => ({ stage, codeHash })),
  known: {},
  ...change,
});
const look = async (change?: Partial<NextWork>) =>
  Object.fromEntries((await lookAhead(store, nextWork(change))).map(({ stage, found }) => [stage, found && "found"]));

test("goes on from what is found to what can follow, and no further", async () => {
  for (const stage of ["ingest", "check", "split", "encode"] as const) await make(stage);

  expect(await look()).toEqual({
    ingest: "found",
    check: "found",
    split: "found",
    normalize: null,
    encode: "found",
    augment: null,
  });
});

test("starts at what is known, and asks only for the stages that are ahead", async () => {
  for (const stage of ["ingest", "check"] as const) await make(stage);

  const ahead = { known: made, stages: [{ stage: "split" as const, codeHash }] };
  expect(await look(ahead)).toEqual({ split: null });
});

test("finds results of another environment beside one of this, and reads no list for those of the same", async () => {
  await make("ingest");
  await make("check");
  await make("split", "darwin");
  const listed = vi.spyOn(store.objects, "listFolder");

  expect(await look()).toMatchObject({ ingest: "found", check: "found", split: "found" });
  const stagesListed = listed.mock.calls.map(([folder]) => folder.split("/")[1]);
  expect(stagesListed).toContain("split");
  expect(stagesListed).not.toContain("check");
});

test("a result whose object was deleted is forgotten, and nothing that follows from it is found", async () => {
  await make("ingest");
  const { entry, key } = await make("check");
  await make("split");
  await store.objects.delete([made.check?.["report"]?.uri ?? ""]);

  expect(await look()).toEqual({ ingest: "found", check: null });
  expect(store.objects.objects.has(`ledger/check/${key}/${entry}.json`)).toBe(false);
});

test("a pin and the wish to do a stage anew count for what is looked up ahead too", async () => {
  const { key, entry } = await make("ingest");
  const check = await make("check");
  const pin = { key, entry, codeHash: "d".repeat(64), madeBy: "failed", outputs: made.ingest ?? {}, summary: {}, attempts: 0 };
  const ahead = {
    stages: [
      { stage: "ingest" as const, codeHash: "e".repeat(64), pin },
      { stage: "check" as const, codeHash },
    ],
  };

  expect(await look(ahead)).toEqual({ ingest: "found", check: "found" });
  const [ingest] = ahead.stages;
  expect(await look({ stages: [ingest!, { stage: "check", codeHash: check.codeHash, results: "own" }] })).toEqual({
    ingest: "found",
    check: null,
  });
});
