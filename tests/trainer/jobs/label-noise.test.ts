import { existsSync, readdirSync, readFileSync } from "node:fs";

import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";

import { rowsAsked } from "../../../ml/check/label-noise/rows-asked.ts";
import { suspiciousLabels } from "../../../ml/check/label-noise/suspicious-labels.ts";
import { partCodes } from "../../../ml/split/schema.ts";
import type { LabelNoiseJob } from "../../../ml/train/trainer-messages.ts";
import { decodeNpy, encodeNpy } from "../../../storage/npy.ts";
import { encodeSamples, readSamples } from "../../../storage/tables.ts";
import { StopRequested } from "../../../trainer/context.ts";
import { outOfFold } from "../../../trainer/jobs/label-noise.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import { ingestFiles } from "../../support/ingest-files.ts";
import { MemoryObjectStore } from "../../support/memory-object-store.ts";
import { storeSmallDataset } from "../../support/small-dataset.ts";
import type { TestStage } from "../../support/stage-context.ts";
import { testStage } from "../../support/stage-context.ts";
import type { ContextChange } from "../../support/test-trainer.ts";
import { trainerContext } from "../../support/test-trainer.ts";

let stage: TestStage;
beforeAll(loadTestTensorflow);
beforeEach(async () => {
  stage = await testStage();
});
afterEach(() => stage.close());

const jobOf = (given: Pick<LabelNoiseJob, "dataset" | "split">): LabelNoiseJob => ({
  kind: "label-noise",
  runId: "run-1",
  seed: 1,
  attempt: 1,
  activityId: "1",
  scheduledAtMs: 0,
  ...given,
});

const context = (change?: ContextChange) =>
  trainerContext({ objects: new MemoryObjectStore(), artifacts: stage.artifacts, ...change });

test("gives each row probabilities, the same each time", async () => {
  const { dataset, split } = await storeSmallDataset(stage.artifacts, { noise: 20 });

  const [first, second] = [
    await outOfFold(jobOf({ dataset, split }), context()),
    await outOfFold(jobOf({ dataset, split }), context()),
  ];

  expect(second).toEqual(first);
  const { shape, data } = decodeNpy(await stage.artifacts.get(first), "probabilities");
  expect(shape).toEqual([100, 4]);
  for (let row = 0; row < 100; row++) {
    const sum = [0, 1, 2, 3].reduce((total, code) => total + Number(data[row * 4 + code]), 0);
    expect(sum).toBeCloseTo(1, 4);
  }
});

test("learns from the train part alone: where all other labels are wrong, each of them is found, and its right class", async () => {
  const { dataset, split } = await storeSmallDataset(stage.artifacts, { noise: 20 });
  const samples = await readSamples(await stage.artifacts.localPath(dataset.samples), dataset);
  const codes = decodeNpy(await stage.artifacts.get(split), "split").data as Uint8Array;
  const label = samples.label.map((code, row) => (codes[row] === partCodes.train ? code : (code + 1) % 4));
  const table = await stage.artifacts.put(encodeSamples({ ...samples, label }, []), "application/vnd.apache.parquet");

  const ref = await outOfFold(jobOf({ dataset: { ...dataset, samples: table }, split }), context());

  const probabilities = decodeNpy(await stage.artifacts.get(ref), "probabilities").data as Float32Array;
  const found = suspiciousLabels({ rows: rowsAsked({ ...samples, label }, codes, 1), probabilities }, label, 4);
  const wrong = [...codes.keys()].filter((row) => codes[row] !== partCodes.train);
  expect(found.map(({ row }) => row).toSorted((a, b) => a - b)).toEqual(wrong);
  expect(found.every(({ row, suggested }) => suggested === samples.label[row])).toBe(true);
});

test("ends when it is asked to", async () => {
  const { dataset, split } = await storeSmallDataset(stage.artifacts);

  await expect(outOfFold(jobOf({ dataset, split }), context({ stopRequested: () => true }))).rejects.toBeInstanceOf(
    StopRequested,
  );
});

const catsAndDogs = new URL("../../../../shared/data/cats_dogs/", import.meta.url).pathname;

test.skipIf(!existsSync(catsAndDogs))(
  "finds the cat that is a dog among the first ten of the cats and dogs (skipped where ../shared/data is absent)",
  async () => {
    const files = Object.fromEntries(readdirSync(catsAndDogs).map((name) => [name, readFileSync(`${catsAndDogs}${name}`)]));
    const parameters = { height: 64, width: 64, resize: "stretch" as const, shardRows: 1000 };
    const { dataset, samples } = await ingestFiles(stage, files, { parameters });
    // It stands in the given test part.
    const codes = Uint8Array.from(samples.part, (part) => (part === "test" ? partCodes.test : partCodes.train));
    const split = await stage.artifacts.put(
      encodeNpy({ dtype: "uint8", shape: [codes.length], data: codes }),
      "application/x-npy",
    );

    const ref = await outOfFold(jobOf({ dataset, split }), context());

    const probabilities = decodeNpy(await stage.artifacts.get(ref), "probabilities").data as Float32Array;
    const found = suspiciousLabels({ rows: rowsAsked(samples, codes, 1), probabilities }, samples.label, 2);
    const first = found.slice(0, 10).map(({ row }) => samples.id[row]!.split("/").at(-1));
    expect(first).toContain("cat.4085.jpg");
    // As a linear model over these features is right of seven in ten.
    expect(found.length / 800).toBeLessThan(0.4);
  },
  180_000,
);
