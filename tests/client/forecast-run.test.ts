import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { forecastRun } from "../../client/forecast-run.ts";
import { Forecaster } from "../../client/forecaster.ts";
import type { StageForecast } from "../../ml/run/forecast.ts";
import { stageParameters } from "../../ml/run/stage-parameters.ts";
import type { Stage } from "../../ml/stages.ts";
import { stages } from "../../ml/stages.ts";
import { putJson } from "../../storage/json.ts";
import { ledgerKey } from "../../storage/ledger.ts";
import { resolveSource } from "../../storage/resolve-source.ts";
import { noteTraining } from "../../storage/trainings.ts";
import { uploadSource } from "../../storage/upload-source.ts";
import { aDoneRecord } from "../support/fake-convoy.ts";
import { memoryStore } from "../support/memory-store.ts";

const noBucket = () => {
  throw new Error("no bucket is to be opened");
};
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-forecast-"));
  await writeFile(join(folder, "data.csv"), "a,b\n");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const codeHashes = Object.fromEntries(stages.map((stage) => [stage, `code-${stage}`])) as Record<Stage, string>;
const actions = (forecasts: readonly StageForecast[]) =>
  Object.fromEntries(forecasts.map(({ stage, action }) => [stage, action]));

/** A store in which ingest of the folder was done by `codeHash`. */
async function ingested(codeHash: string) {
  const store = memoryStore(join(folder, "cache"));
  const { pipeline } = aDoneRecord();
  const source = await uploadSource(await resolveSource("data.csv", folder, noBucket), store, folder, () => {});
  const key = ledgerKey({ stage: "ingest", parameters: stageParameters.ingest(pipeline), inputs: { source }, seed: null });
  const dataset = await store.artifacts.putJson({ rows: 1 });
  const createdAt = "2026-01-01T00:00:00.000Z";
  await store.ledger.record({
    stage: "ingest",
    key,
    codeHash,
    environment: {},
    runId: "run-1",
    createdAt,
    seconds: 2,
    outputs: { dataset },
    summary: {},
  });
  const link = { store, build: { buildId: "b", codeHashes }, environment: { cacheFolder: folder } };
  return { link: link as unknown as Parameters<typeof forecastRun>[0], pipeline: { ...pipeline, dataset: { path: "data.csv" } } };
}

test("reuses what stands in the ledger, runs what has no result, and leaves out what comes after `until`", async () => {
  const { link, pipeline } = await ingested("code-ingest");

  const forecasts = await forecastRun(link, { pipeline, baseFolder: folder, until: "split" });

  expect(forecasts.slice(0, 3)).toEqual([
    { stage: "ingest", action: "reuse", why: "made by run run-1", madeBy: "run-1", seconds: 0 },
    { stage: "check", action: "run", why: "it has never run", madeBy: null, seconds: null },
    { stage: "split", action: "run", why: "takes what check will make", madeBy: null, seconds: null },
  ]);
  expect(new Set(forecasts.slice(3).map(({ action }) => action))).toEqual(new Set(["skip"]));
});

test("says that the code has changed where only other code made it", async () => {
  const { link, pipeline } = await ingested("older code");

  const forecasts = await forecastRun(link, { pipeline, baseFolder: folder });

  expect(forecasts[0]).toMatchObject({ action: "run", why: "its code has changed since run run-1" });
  expect(actions(forecasts)).toEqual(Object.fromEntries(stages.map((stage) => [stage, "run"])));
});

test("of a file with folds says what each fold's run does, before the evaluation that takes theirs", async () => {
  const { link, pipeline } = await ingested("code-ingest");

  const forecasts = await forecastRun(link, {
    pipeline: { ...pipeline, split: { ...pipeline.split, folds: 2 } },
    baseFolder: folder,
  });

  const listed = forecasts.map(({ stage, fold }) => (fold === undefined ? stage : `${stage} ${fold}`));
  const own = ["split", "normalize", "encode", "augment", "train", "evaluate"];
  const folds = [1, 2].flatMap((fold) => own.map((stage) => `${stage} ${fold}`));
  expect(listed).toEqual([...stages.slice(0, stages.indexOf("evaluate")), ...folds, "evaluate", "register"]);
});

test("sees changed data, and stores nothing", async () => {
  const { link, pipeline } = await ingested("code-ingest");
  const before = await keysOf(link);
  await writeFile(join(folder, "data.csv"), "a,b\n1,2\n");

  const [ingest] = await forecastRun(link, { pipeline, baseFolder: folder });

  expect(ingest?.action).toBe("run");
  expect(await keysOf(link)).toEqual(before);
});

describe("what is known of the stages before", () => {
  const ref = (letter: string) => ({ uri: `objects/${letter}`, sha256: letter.repeat(64), sizeBytes: 1, mediaType: "x" });
  const known = () =>
    new Map<Stage, Record<string, ReturnType<typeof ref>>>([
      ["ingest", { dataset: ref("a") }],
      ["check", { report: ref("b") }],
      ["split", { split: ref("c") }],
      ["normalize", { normalizer: ref("d") }],
      ["encode", { encoder: ref("e") }],
      ["augment", { augmentation: ref("f") }],
    ]);
  const { pipeline } = aDoneRecord();
  const asked = (change: Partial<typeof pipeline>) => {
    const store = memoryStore(join(folder, "cache"));
    const basis = { store, codeHashes, pipeline: { ...pipeline, ...change }, source: ref("s"), earlier: [] };
    return { store, forecaster: new Forecaster(basis, known()) };
  };

  test("lets a training with more epochs go on from an earlier run's checkpoint", async () => {
    const { store, forecaster } = asked({ train: { ...pipeline.train, epochs: 9 } });
    const { dataset, split, normalizer, encoder, augmentation } = Object.assign({}, ...known().values()) as Record<string, never>;
    const inputs = { dataset, split, normalizer, encoder, augmentation } as unknown as Record<string, ReturnType<typeof ref>>;
    const parameters = { train: { ...pipeline.train, epochs: 5 }, model: pipeline.model };
    await noteTraining(store.objects, { parameters, inputs, seed: pipeline.seed, codeHash: codeHashes.train }, "earlier");
    await storeManifest(store, "earlier", 5);

    expect(await forecaster.forecast("train")).toMatchObject({
      action: "run",
      why: "continues from epoch 5 of run earlier: it has never run",
      continuedFrom: { runId: "earlier", epoch: 5 },
    });
  });

  test("is handed to a fold, whose own split is another; the whole run's evaluation takes what its folds make", async () => {
    const { store, forecaster } = asked({ split: { ...pipeline.split, folds: 2 } });
    const split = { ...pipeline.split, folds: 2, fold: 1 };
    const outputs = { split: await store.artifacts.putJson({}), summary: await store.artifacts.putJson([]) };
    const inputs = { dataset: ref("a"), check: ref("b") };
    const key = ledgerKey({ stage: "split", parameters: split, inputs, seed: pipeline.seed });
    const made = { environment: {}, runId: "run-1-fold-2", createdAt: "2026-01-01T00:00:00.000Z", seconds: 1, summary: {} };
    await store.ledger.record({ stage: "split", key, codeHash: codeHashes.split, outputs, ...made });

    const [first, second] = [forecaster.ofFold(0), forecaster.ofFold(1)];

    expect(await first.forecast("split")).toMatchObject({ action: "run", why: "it has never run" });
    expect(await first.forecast("normalize")).toMatchObject({ why: "takes what split will make" });
    expect(await second.forecast("split")).toMatchObject({ action: "reuse", madeBy: "run-1-fold-2" });
    expect(await second.forecast("normalize")).toMatchObject({ why: "it has never run" });
    expect(await forecaster.forecast("split")).toMatchObject({ action: "run" });
  });
});

/** A training's newest checkpoint, as its manifest lists it. */
async function storeManifest({ objects }: ReturnType<typeof memoryStore>, runId: string, epoch: number): Promise<void> {
  const entry = { key: "k", sha256: "s", sizeBytes: 1, workHash: "w", epoch, stepInEpoch: 1, epochDone: true, best: null };
  const owner = { activityId: "1", attempt: 1, scheduledAtMs: 1 };
  await putJson(objects, `checkpoints/${runId}/train/manifest.json`, { formatVersion: 1, owner, checkpoints: [entry] });
}

async function keysOf({ store }: Parameters<typeof forecastRun>[0]): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.objects.list("")) keys.push(key);
  return keys;
}
