import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";

import { ingest } from "../../activities/ingest.ts";
import { promoteVersion } from "../../activities/promote-version.ts";
import { rescore } from "../../activities/rescore.ts";
import { RegistrationRefused } from "../../ml/errors.ts";
import type { Dataset } from "../../ml/ingest/schema.ts";
import { datasetSchema, ingestParametersSchema } from "../../ml/ingest/schema.ts";
import { pipelineSchema } from "../../ml/pipeline.ts";
import type { ModelVersion } from "../../ml/register/schema.ts";
import { partCodes } from "../../ml/split/schema.ts";
import { ModelRegistry } from "../../storage/model-registry.ts";
import { encodeNpy } from "../../storage/npy.ts";
import type { Store } from "../../storage/open-store.ts";
import { encodeTable } from "../../storage/tables.ts";
import { readVersionData } from "../../storage/version-data.ts";
import { aDoneRecord } from "../support/fake-convoy.ts";
import { memoryStore } from "../support/memory-store.ts";
import { keptLog } from "../support/quiet-log.ts";
import { storeSmallDataset } from "../support/small-dataset.ts";
import { storeSource, testStage } from "../support/stage-context.ts";

let folder: string;
let store: Store;
let registry: ModelRegistry;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-promote-"));
  store = memoryStore(join(folder, "cache"));
  registry = new ModelRegistry(store.objects);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Published {
  data: { dataset: Dataset; split: { sha256: string } };
  /** Which test rows, counted from 0, it answers wrongly. */
  isWrong: (row: number) => boolean;
}

const signal = new AbortController().signal;

/** A version whose evaluation answered `rows` test rows of class row % 4. */
async function publish({ data, isWrong }: Published, rows = 40): Promise<ModelVersion> {
  const predicted = Int32Array.from({ length: rows }, (_, i) => (isWrong(i) ? -1 : testLabels[i]!));
  const { sha256 } = await store.artifacts.putJson(data.dataset);
  const none = await store.artifacts.put(Buffer.from("none"), "x");
  const weights = await store.artifacts.put(Buffer.from(predicted.buffer), "x");
  return registry.publish({
    name: "bands",
    runId: "run",
    createdAt: "2026-01-01T00:00:00.000Z",
    signature: {
      input: { shape: [8, 8, 1], dtype: "uint8", channels: 1 },
      normalizer: none,
      classes: data.dataset.classes,
      output: "softmax",
      threshold: null,
      batchSize: 64,
    },
    files: { weights },
    metrics: {},
    lineage: { dataset: sha256, split: data.split.sha256 },
    evidence: {
      predictions: await store.artifacts.put(encodeTable([{ name: "predicted", type: "int32", values: predicted }]), "x"),
      metrics: none,
      history: none,
    },
  });
}

/** Of 200 rows, by storeSmallDataset's own split. */
const testLabels = Array.from({ length: 200 }, (_, row) => row)
  .filter((row) => (row * 7) % 10 >= 8)
  .map((row) => row % 4);

const policy = { alias: "champion", gate: "nonInferior", margin: 0.02 } as const;
const promote = (challenger: ModelVersion, change: { margin?: number } = {}) =>
  promoteVersion(
    { challenger, policy: { ...policy, ...change }, movedBy: "run r" },
    { store, trainer: null, log: keptLog(), signal },
  );

test("the first version takes the alias; an equal one takes over, a worse one does not, and the log says by what numbers", async () => {
  const data = await storeSmallDataset(store.artifacts, { rowCount: 200 });
  const first = await publish({ data, isWrong: (row) => row < 4 });
  const equal = await publish({ data, isWrong: (row) => row >= 36 });
  const worse = await publish({ data, isWrong: (row) => row % 2 === 0 });

  expect(await promote(first)).toEqual({ moved: true, decision: "now champion (first version)" });
  expect((await promote(equal, { margin: 0.3 })).moved).toBe(true);
  const refused = await promote(worse);
  expect(await promote(equal)).toEqual({ moved: false, decision: "already champion" });

  expect(refused.moved).toBe(false);
  expect(refused.decision).toMatch(/^champion stays version 2: nonInferior: accuracy differs by −0\.4/);
  const history = await registry.history("bands");
  expect(history.map(({ version, movedBy }) => [version, movedBy])).toEqual([
    [1, "run r"],
    [2, "run r"],
  ]);
  expect(history[1]?.comparison).toMatchObject({ gate: "nonInferior", attempts: 2, difference: { value: 0 }, warnings: [] });
});

test("warns from the sixth version on that one test set has judged", async () => {
  const data = await storeSmallDataset(store.artifacts, { rowCount: 200 });
  const versions = [];
  for (let i = 0; i < 6; i++) versions.push(await publish({ data, isWrong: (row) => row === i }));

  await promote(versions[0]!);
  expect((await promote(versions[4]!, { margin: 0.5 })).decision).not.toContain("warning");
  expect((await promote(versions[5]!, { margin: 0.5 })).decision).toContain("this test set has judged 6 versions");
});

test("a test set that has trained the champion cannot judge it: refused, naming images", async () => {
  const data = await storeSmallDataset(store.artifacts, { rowCount: 200 });
  const trainedOnIt = Uint8Array.from({ length: 200 }, (_, row) => ((row * 7) % 10 >= 8 ? partCodes.train : partCodes.test));
  const split = await store.artifacts.put(encodeNpy({ dtype: "uint8", shape: [200], data: trainedOnIt }), "application/x-npy");
  const champion = await publish({ data: { ...data, split }, isWrong: () => false });
  const challenger = await publish({ data, isWrong: (row) => row === 0 });
  await promote(champion);

  await expect(promote(challenger)).rejects.toThrow(RegistrationRefused);
  await expect(promote(challenger)).rejects.toThrow(/40 groups or images of the test set have shaped bands:1, .*: image-4, /);
  expect((await registry.alias("bands", "champion"))?.value.version).toBe(1);
});

test("where data are gone nothing can be compared", async () => {
  const data = await storeSmallDataset(store.artifacts, { rowCount: 200 });
  const [champion, challenger] = [
    await publish({ data, isWrong: () => false }),
    await publish({ data, isWrong: (row) => row === 0 }),
  ];
  await promote(champion);
  await store.objects.delete([data.dataset.samples.uri]);

  await expect(promote(challenger)).rejects.toThrow(/the data of bands:2 are no longer stored/);
});

test("a champion of another input shape is asked about the files themselves, resized its own way", async () => {
  const stage = { ...(await testStage()), artifacts: store.artifacts };
  // Bright above or below: still so at any size.
  const picture = (isAbove: boolean, i: number) => {
    const values = Uint8Array.from({ length: 256 }, (_, pixel) => (pixel < 128 === isAbove ? 200 + i : i));
    return sharp(values, { raw: { height: 16, width: 16, channels: 1 } })
      .png()
      .toBuffer();
  };
  const files: Record<string, Buffer> = {};
  for (let i = 0; i < 6; i++) files[`${i % 2 ? "above" : "below"}/${i}.png`] = await picture(i % 2 === 1, i);
  const source = await storeSource(store.artifacts, files);
  const parameters = { ingest: ingestParametersSchema.parse({}), dataset: {} };
  const answer = await ingest({ parameters, inputs: { source }, seed: 0 }, stage);
  if ("parts" in answer) throw new Error("too few images for parts");
  const dataset = await store.artifacts.getJson(answer.outputs.dataset, datasetSchema);
  const codes = new Uint8Array(6).fill(partCodes.test);
  const split = await store.artifacts.put(encodeNpy({ dtype: "uint8", shape: [6], data: codes }), "application/x-npy");
  await store.runs.put(
    aDoneRecord({
      runId: "run",
      source,
      pipeline: pipelineSchema.parse({ name: "bands", dataset: { path: "pictures" }, model: ["flatten"] }),
    }),
  );
  const lineage = { dataset: answer.outputs.dataset.sha256, split: split.sha256, source: source.sha256 };
  const owner = { name: "m", version: 2, runId: "run", lineage, signature: signatureOf([16, 16, 1]) } as unknown as ModelVersion;
  const model = { name: "m", version: 1, signature: signatureOf([4, 4, 1]) } as unknown as ModelVersion;
  const asked: number[] = [];
  const predictor = {
    batchSize: 4,
    predict: async (pixels: Uint8Array, rows: number) => {
      asked.push(rows);
      const isAbove = Array.from({ length: rows }, (_, row) => pixels[row * 16]! > 100);
      return Float32Array.from(isAbove.flatMap((above) => [Number(above), Number(!above)]));
    },
  };

  const data = (await readVersionData(owner, store.artifacts))!;
  const rows = Int32Array.from({ length: 6 }, (_, row) => row);
  const answers = await rescore(
    { model, owner, data, rows },
    {
      artifacts: store.artifacts,
      openBucket: store.openBucket,
      runs: store.runs,
      predictor,
      scratchFolder: stage.scratchFolder,
      signal,
    },
  );

  expect(dataset.height).toBe(16);
  expect(asked).toEqual([4, 2]);
  expect(answers).toEqual(data.samples.id.map((id) => id.split("/")[0]));
  await stage.close();
});

function signatureOf(shape: number[]) {
  return {
    input: { shape, dtype: "uint8", channels: 1 },
    preprocessing: { resize: "auto", kernel: "linear" },
    classes: ["above", "below"],
    threshold: 0.5,
    batchSize: 4,
  };
}
