import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { createRegister } from "../../activities/register.ts";
import { Housekeeping } from "../../client/housekeeping.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
import { mediaTypes } from "../../ml/artifact.ts";
import type { Dataset } from "../../ml/ingest/schema.ts";
import { datasetSchema } from "../../ml/ingest/schema.ts";
import { forgetErased } from "../../storage/erasures.ts";
import { encodeNpy } from "../../storage/npy.ts";
import { encodeSamples } from "../../storage/tables.ts";
import { aDoneRecord, aView, FakeConvoy, stagesWith } from "../support/fake-convoy.ts";
import { noTrainer } from "../support/no-trainer.ts";
import { memoryStore } from "../support/memory-store.ts";
import { storeRegisterInputs } from "../support/register-inputs.ts";
import { runCommand } from "../support/run-command.ts";
import { testStage } from "../support/stage-context.ts";

const rowCount = 6;
const names = (of: (row: number) => string) => Array.from({ length: rowCount }, (_, row) => of(row));

let folder: string;
let store: ReturnType<typeof memoryStore>;
let house: Housekeeping;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-erase-"));
  store = memoryStore(join(folder, "artifacts"));
  house = new Housekeeping(store, join(folder, "reports"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const has = (ref: ArtifactRef) => store.objects.objects.has(ref.uri);
const put = (text: string, mediaType: string = mediaTypes.html) => store.artifacts.put(Buffer.from(text), mediaType);

/** Six images in three shards of two; rows 2 and 3 are of patient-b, who is alone in the second shard. */
async function storeRun(runId = "run-1", finishedAt: string | null = "2026-01-02T03:04:47.000Z") {
  const shard = (number: number) =>
    store.artifacts.put(
      encodeNpy({ dtype: "uint8", shape: [2, 1, 1, 1], data: Uint8Array.of(number, number + 1) }),
      mediaTypes.npy,
    );
  const shards = [await shard(0), await shard(2), await shard(4)];
  const group = names((row) => ["patient-a", "patient-b", "patient-c"][Math.floor(row / 2)]!);
  const samples = { id: names((row) => `scan-${row}`), label: new Int32Array(rowCount), part: names(() => ""), group };
  const table = encodeSamples({ ...samples, sha256: names((row) => String(row).repeat(64)), columns: {} }, []);
  const dataset: Dataset = {
    formatVersion: 1,
    height: 1,
    width: 1,
    channels: 1,
    dtype: "uint8",
    classes: ["x"],
    rowCount,
    columns: [],
    unreadable: [],
    licence: null,
    shards: shards.map((ref) => ({ ref, rows: 2 })),
    samples: await store.artifacts.put(table, mediaTypes.parquet),
  };
  const files = await Promise.all(
    names((row) => `images/scan-${row}.png`)
      .concat("table.csv")
      .map((path) => put(`bytes of ${path}`, mediaTypes.bytes)),
  );
  const paths = names((row) => `images/scan-${row}.png`).concat("table.csv");
  const source = await store.artifacts.putJson({
    formatVersion: 1,
    files: files.map(({ uri, sha256, sizeBytes }, i) => ({ path: paths[i], uri, sha256, sizeBytes })),
  });
  const outputs = {
    ingest: { dataset: await store.artifacts.putJson(dataset) },
    explore: { report: await put("<img src=patient-b>") },
    evaluate: { predictions: await put("predictions", mediaTypes.parquet) },
    normalize: { normalizer: await put("{}", mediaTypes.json) },
    train: { weights: await put("weights", mediaTypes.bytes) },
  };
  const stages = stagesWith(
    Object.fromEntries(
      Object.entries(outputs).map(([name, refs]) => [
        name,
        { status: "ran" as const, outputs: refs, key: `key-${name}`, entry: "e" },
      ]),
    ),
  );
  for (const name of Object.keys(outputs))
    await store.objects.put(`ledger/${name}/key-${name}/e.json`, ledgerEntry(name, outputs));
  await store.runs.put(aDoneRecord({ runId, source, stages, finishedAt, status: finishedAt === null ? "running" : "done" }));
  return { shards, dataset, files, ...outputs };
}

function ledgerEntry(stage: string, outputs: Record<string, Record<string, ArtifactRef>>): Buffer {
  const fixed = {
    formatVersion: 1,
    codeHash: "c",
    environment: {},
    runId: "run-1",
    createdAt: "2026-01-02T03:04:05.000Z",
    seconds: 1,
    summary: {},
  };
  return Buffer.from(JSON.stringify({ ...fixed, stage, key: `key-${stage}`, entry: "e", outputs: outputs[stage] }));
}

test("takes away every source, shard, report and cached copy of a group, and leaves what shows none of it", async () => {
  const run = await storeRun();
  await store.artifacts.localPath(run.shards[1]!);
  await store.artifacts.get(run.explore.report);
  await mkdir(join(folder, "reports", "run-1"), { recursive: true });
  await writeFile(join(folder, "reports", "run-1", "explore.html"), "<img src=patient-b>");

  const erased = await house.erase("patient-b", { dryRun: false });

  expect(erased).toMatchObject({
    images: 2,
    runs: ["run-1"],
    sources: ["images/scan-2.png", "images/scan-3.png", "table.csv"],
    ledgerEntries: 3,
  });
  const gone = [run.shards[1]!, run.dataset.samples, run.ingest.dataset, run.explore.report, run.evaluate.predictions];
  for (const ref of [...gone, run.files[2]!, run.files[3]!, run.files[6]!]) expect(has(ref)).toBe(false);
  for (const ref of [run.shards[0]!, run.shards[2]!, run.normalize.normalizer, run.train.weights, run.files[0]!])
    expect(has(ref)).toBe(true);
  expect(existsSync(join(folder, "artifacts", run.shards[1]!.sha256.slice(0, 2), run.shards[1]!.sha256))).toBe(false);
  expect(existsSync(join(folder, "reports", "run-1"))).toBe(false);
  const everything = [...store.objects.objects].map(([key, { bytes }]) => `${key} ${Buffer.from(bytes).toString("latin1")}`);
  expect(everything.filter((text) => text.includes("patient-b"))).toEqual([]);
});

test("only tells what it would take away, in a dry run", async () => {
  await storeRun();
  const before = [...store.objects.objects.keys()];

  expect(await house.erase("patient-b", { dryRun: true })).toMatchObject({ images: 2, objects: 8 });

  expect([...store.objects.objects.keys()]).toEqual(before);
});

test("clears another machine's cache of what was erased, when a worker starts there", async () => {
  const run = await storeRun();
  const elsewhere = memoryStore(join(folder, "elsewhere"), store.objects);
  const copy = await elsewhere.artifacts.localPath(run.shards[1]!);
  const other = await elsewhere.artifacts.localPath(run.shards[0]!);
  await house.erase("patient-b", { dryRun: false });

  await forgetErased(elsewhere.objects, elsewhere.artifacts);

  expect([existsSync(copy), existsSync(other)]).toEqual([false, true]);
});

test("names the models that were trained on the group, by its images in each part", async () => {
  const stage = await testStage();
  const inputs = await storeRegisterInputs(store.artifacts);
  const known = await store.artifacts.getJson(inputs.dataset, datasetSchema);
  const samples = {
    id: Array.from({ length: known.rowCount }, (_, row) => `image-${row}`),
    label: new Int32Array(known.rowCount),
    part: Array.from({ length: known.rowCount }, () => ""),
    group: Array.from({ length: known.rowCount }, (_, row) => (row < 5 ? "patient-x" : "others")),
    sha256: Array.from({ length: known.rowCount }, (_, row) => String(row).padStart(64, "0")),
    columns: {},
  };
  const table = await store.artifacts.put(encodeSamples(samples, []), mediaTypes.parquet);
  const dataset = await store.artifacts.putJson({ ...known, samples: table });
  const parameters = { name: "scans", licence: null, formats: [], preprocessing: { resize: "auto", kernel: "linear" } as const };
  await store.runs.put(aDoneRecord({ runId: "run-9", stages: stagesWith({ ingest: { status: "ran", outputs: { dataset } } }) }));
  await createRegister(store, noTrainer)(
    { parameters, inputs: { ...inputs, dataset }, seed: 1 },
    { ...stage, artifacts: store.artifacts, runId: "run-9" },
  );
  await stage.close();

  const { models } = await house.erase("patient-x", { dryRun: false });

  expect(models).toEqual([{ name: "scans", version: 1, parts: { train: 3, validation: 1, test: 1 } }]);
});

test("refuses a group that no data set has, and one that a run works on at the moment", async () => {
  await storeRun("run-1", null);

  await expect(house.erase("patient-z", { dryRun: false })).rejects.toThrow('No data set in the store has a group "patient-z"');
  await expect(house.erase("patient-b", { dryRun: false })).rejects.toThrow("Run run-1 works on this data at the moment");
});

test("asks for --yes on the command line", async () => {
  const run = await storeRun();
  const convoy = Object.assign(new FakeConvoy([aView(aDoneRecord())]), { housekeeping: house });

  const asked = await runCommand(["erase", "--group", "patient-b"], { convoy });
  expect(asked.stderr).toContain("Nothing was erased yet; add --yes to do it.");
  expect(has(run.shards[1]!)).toBe(true);

  const done = await runCommand(["erase", "--group", "patient-b", "--yes", "--json"], { convoy });
  expect(JSON.parse(done.stdout)).toMatchObject({ group: "patient-b", erased: true, images: 2, models: [] });
  expect(has(run.shards[1]!)).toBe(false);
});
