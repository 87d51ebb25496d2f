import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { forecastRun } from "../../client/forecast-run.ts";
import type { StageForecast } from "../../ml/run/forecast.ts";
import { stageParameters } from "../../ml/run/stage-parameters.ts";
import type { Stage } from "../../ml/stages.ts";
import { stages } from "../../ml/stages.ts";
import { ledgerKey } from "../../storage/ledger.ts";
import { resolveSource } from "../../storage/resolve-source.ts";
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

test("sees changed data, and stores nothing", async () => {
  const { link, pipeline } = await ingested("code-ingest");
  const before = await keysOf(link);
  await writeFile(join(folder, "data.csv"), "a,b\n1,2\n");

  const [ingest] = await forecastRun(link, { pipeline, baseFolder: folder });

  expect(ingest?.action).toBe("run");
  expect(await keysOf(link)).toEqual(before);
});

async function keysOf({ store }: Parameters<typeof forecastRun>[0]): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.objects.list("")) keys.push(key);
  return keys;
}
