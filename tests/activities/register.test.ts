import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { createRegister } from "../../activities/register.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
import { mediaTypes } from "../../ml/artifact.ts";
import type { Metrics } from "../../ml/evaluate/schema.ts";
import type { ModelFile } from "../../ml/model-file/schema.ts";
import { modelVersionSchema } from "../../ml/register/schema.ts";
import { ArtifactStore } from "../../storage/artifact-store.ts";
import { Ledger } from "../../storage/ledger.ts";
import type { Store } from "../../storage/open-store.ts";
import { RunRecords } from "../../storage/run-records.ts";
import { sampleReport } from "../reports/sample-evaluation.ts";
import { MemoryObjectStore } from "../support/memory-object-store.ts";
import { storeSmallDataset } from "../support/small-dataset.ts";
import type { TestStage } from "../support/stage-context.ts";
import { testStage } from "../support/stage-context.ts";

let folder: string;
let store: Store;
let stage: TestStage;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-register-"));
  const objects = new MemoryObjectStore();
  const artifacts = new ArtifactStore(objects, folder);
  store = {
    id: "test",
    objects,
    artifacts,
    ledger: new Ledger(objects, artifacts),
    runs: new RunRecords(objects),
    close: () => {},
  };
  stage = { ...(await testStage()), artifacts };
});

afterEach(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

async function storeInputs() {
  const { artifacts } = store;
  const data = await storeSmallDataset(artifacts);
  const { evaluation, history } = sampleReport(data.dataset.classes);
  const score = { loss: 0.5, accuracy: 0.9 };
  const metrics: Metrics = { formatVersion: 1, train: score, trainEval: score, validation: null, test: evaluation };
  const model: ModelFile = {
    formatVersion: 1,
    input: { height: 8, width: 8, channels: 1, dtype: "uint8" },
    layers: ["flatten"],
    head: "softmax",
    outputs: 4,
    classes: data.dataset.classes,
    weights: [],
    evaluationBatchSize: 256,
    summary: {
      layers: [{ name: "dense", type: "Dense", outputShape: [4], parameterCount: 260 }],
      parameterCount: 260,
      trainableCount: 260,
      nonTrainableCount: 0,
    },
  };
  const bytes = (text: string): Promise<ArtifactRef> => artifacts.put(Buffer.from(text), mediaTypes.bytes);
  return {
    dataset: await artifacts.putJson(data.dataset),
    split: data.split,
    normalizer: await artifacts.putJson(data.normalizer),
    encoder: await artifacts.putJson(data.encoder),
    model: await artifacts.putJson(model),
    weights: await bytes("weights"),
    history: await artifacts.putJson(history),
    metrics: await artifacts.putJson(metrics),
    predictions: await bytes("predictions"),
  };
}

test("publishes a version with its card, as Markdown and as a page", async () => {
  const register = createRegister(store);

  const { outputs } = await register(
    { parameters: { name: "bands", licence: null }, inputs: await storeInputs(), seed: 3 },
    stage,
  );

  const version = await store.artifacts.getJson(outputs.version, modelVersionSchema);
  const read = async (ref: ArtifactRef | undefined) => Buffer.from(await store.artifacts.get(ref!)).toString("utf8");
  const markdown = await read(version.evidence.card);
  const page = await read(version.evidence.cardPage);
  expect(version).toMatchObject({ name: "bands", version: 1 });
  expect(markdown).toMatch(/^# Model card: bands$/m);
  expect(markdown).toContain("- Images: 100");
  expect(markdown).toContain("| dense | Dense | 4 | 260 |");
  expect(page).toContain("<title>Model card: bands</title>");
});

test("publishes the same content once, whatever its card says", async () => {
  const register = createRegister(store);
  const inputs = await storeInputs();

  const first = await register({ parameters: { name: "bands", licence: null }, inputs, seed: 3 }, stage);
  const again = await register({ parameters: { name: "bands", licence: null }, inputs, seed: 4 }, { ...stage, runId: "another" });

  expect(again.outputs.version).toEqual(first.outputs.version);
});
