import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { createRegister } from "../../activities/register.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
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
