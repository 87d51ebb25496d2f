import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { createRegister } from "../../activities/register.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
import { metricsSchema } from "../../ml/evaluate/schema.ts";
import { modelVersionSchema } from "../../ml/register/schema.ts";
import type { Store } from "../../storage/open-store.ts";
import { noTrainer } from "../support/no-trainer.ts";
import { memoryStore } from "../support/memory-store.ts";
import { storeRegisterInputs } from "../support/register-inputs.ts";
import type { TestStage } from "../support/stage-context.ts";
import { testStage } from "../support/stage-context.ts";

const preprocessing = { resize: "auto", kernel: "linear" } as const;

let folder: string;
let store: Store;
let stage: TestStage;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-register-"));
  store = memoryStore(folder);
  stage = { ...(await testStage()), artifacts: store.artifacts };
});

afterEach(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

test("publishes a version with its card, as Markdown and as a page", async () => {
  const register = createRegister(store, noTrainer);

  const { outputs } = await register(
    {
      parameters: { name: "bands", licence: null, formats: [], preprocessing },
      inputs: await storeRegisterInputs(store.artifacts),
      seed: 3,
    },
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

test("a correction of probabilities is part of the signature, and told on the card", async () => {
  const register = createRegister(store, noTrainer);
  const inputs = await storeRegisterInputs(store.artifacts);
  const metrics = await store.artifacts.getJson(inputs.metrics, metricsSchema);
  const by = { method: "temperature" as const, temperature: 1.75, offsets: [0, 0, 0, 0] };
  const tested = { ...metrics.test, corrected: { by, before: { ...metrics.test.calibration, ece: 0.2468 } } };

  const { outputs } = await register(
    {
      parameters: { name: "bands", licence: null, formats: [], preprocessing },
      inputs: { ...inputs, metrics: await store.artifacts.putJson({ ...metrics, test: tested }) },
      seed: 3,
    },
    stage,
  );

  const { signature, evidence } = await store.artifacts.getJson(outputs.version, modelVersionSchema);
  expect(signature.calibration).toEqual(by);
  expect(Buffer.from(await store.artifacts.get(evidence.card!)).toString("utf8")).toMatch(
    /temperature of 1\.7500, fitted on validation.*Expected calibration error before: 24\.7/,
  );
});

test("publishes the same content once, whatever its card says", async () => {
  const register = createRegister(store, noTrainer);
  const inputs = await storeRegisterInputs(store.artifacts);

  const first = await register(
    { parameters: { name: "bands", licence: null, formats: [], preprocessing }, inputs, seed: 3 },
    stage,
  );
  const again = await register(
    { parameters: { name: "bands", licence: null, formats: [], preprocessing }, inputs, seed: 4 },
    { ...stage, runId: "another" },
  );

  expect(again.outputs.version).toEqual(first.outputs.version);
});
