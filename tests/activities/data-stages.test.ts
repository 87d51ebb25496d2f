import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { augment } from "../../activities/augment.ts";
import { check } from "../../activities/check.ts";
import { encode } from "../../activities/encode.ts";
import { normalize } from "../../activities/normalize.ts";
import { createSplit } from "../../activities/split.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
import { augmentationSchema, augmentParametersSchema } from "../../ml/augment/schema.ts";
import { checkParametersSchema } from "../../ml/check/schema.ts";
import { encoderSchema } from "../../ml/encode/schema.ts";
import { InvalidSplit } from "../../ml/errors.ts";
import { datasetSchema, ingestParametersSchema } from "../../ml/ingest/schema.ts";
import { NormalizerFit } from "../../ml/normalize/fit-normalizer.ts";
import { normalizerSchema } from "../../ml/normalize/schema.ts";
import { splitParametersSchema, splitSummarySchema } from "../../ml/split/schema.ts";
import { encodeNpy } from "../../storage/npy.ts";
import { readSplit } from "../../storage/read-split.ts";
import { readWhitening } from "../../storage/whitening.ts";
import { RunRecords } from "../../storage/run-records.ts";
import { aRecord, stagesWith } from "../support/fake-convoy.ts";
import { MemoryObjectStore } from "../support/memory-object-store.ts";
import { idxFile } from "../support/idx-file.ts";
import type { TestStage } from "../support/stage-context.ts";
import { ingestSource } from "../support/ingest-files.ts";
import { storeSource, testStage } from "../support/stage-context.ts";
import { takeSteps } from "../support/take-steps.ts";

let stage: TestStage;
beforeEach(async () => {
  stage = await testStage();
});
afterEach(() => stage.close());

/** Sixty train and twenty test images of 2 × 2 pixels in two classes; pixel 0 tells them apart, test images are brighter. */
async function dataset({ leak = false } = {}): Promise<ArtifactRef> {
  const images = (rows: number, base: number) =>
    idxFile(
      [rows, 2, 2],
      Uint8Array.from({ length: rows * 4 }, (_, i) => (i % 4 === 0 ? base + i / 4 : i % 4)),
    );
  const labels = (rows: number) =>
    idxFile(
      [rows],
      Uint8Array.from({ length: rows }, (_, i) => i % 2),
    );
  const source = await storeSource(stage.artifacts, {
    "train-images-idx3-ubyte": images(60, 0),
    "train-labels-idx1-ubyte": labels(60),
    "t10k-images-idx3-ubyte": images(20, leak ? 56 : 100),
    "t10k-labels-idx1-ubyte": labels(20),
  });
  const parameters = {
    ingest: ingestParametersSchema.parse({ shardRows: 7 }),
    dataset: { classes: ["cat", "dog"] },
  };
  return ingestSource(stage, source, parameters);
}

const runs = new RunRecords(new MemoryObjectStore());
const split = createSplit({ runs });

async function checkAndSplit(data: ArtifactRef, checks: object = {}, splitting: object = {}) {
  const { report } = (await check({ parameters: checkParametersSchema.parse(checks), inputs: { dataset: data }, seed: 0 }, stage))
    .outputs;
  return split({ parameters: splitParametersSchema.parse(splitting), inputs: { dataset: data, check: report }, seed: 3 }, stage);
}

describe("the data stages after ingest", () => {
  test("split by the given parts, fit on training rows only, and preview what training will draw", async () => {
    const data = await dataset();
    const { outputs } = await checkAndSplit(data);
    const inputs = { dataset: data, split: outputs.split };

    const described = await stage.artifacts.getJson(data, datasetSchema);
    const codes = await readSplit(stage.artifacts, outputs.split, described);
    expect([...codes.subarray(60)]).toEqual(Array.from({ length: 20 }, () => 2));

    const channel = await normalize({ parameters: { method: "channel" }, inputs, seed: 0 }, stage);
    const normalizer = await stage.artifacts.getJson(channel.outputs.normalizer, normalizerSchema);
    const train = [...codes.keys()].filter((row) => codes[row] === 0);
    expect(normalizer.rowCount).toBe(54);
    expect(normalizer.offset[0]).toBeCloseTo(train.reduce((sum, row) => sum + row + 6, 0) / (54 * 4), 12);

    const whitened = await normalize({ parameters: { method: "zca" }, inputs, seed: 0 }, stage);
    const withMatrix = await stage.artifacts.getJson(whitened.outputs.normalizer, normalizerSchema);
    const fit = new NormalizerFit({ method: "zca" }, described);
    for (const row of train) takeSteps(fit.add(Uint8Array.of(row, 1, 2, 3)));
    expect(await readWhitening(withMatrix, stage.artifacts)).toEqual(takeSteps(fit.fitted()).whitening);

    const encoded = await encode({ parameters: { encoding: "auto" }, inputs, seed: 0 }, stage);
    expect(await stage.artifacts.getJson(encoded.outputs.encoder, encoderSchema)).toMatchObject({
      encoding: "binary",
      trainCounts: [27, 27],
    });

    const parameters = augmentParametersSchema.parse({ flip: "horizontal" });
    const augmented = await augment({ parameters, inputs, seed: 9 }, stage);
    expect(await stage.artifacts.getJson(augmented.outputs.augmentation, augmentationSchema)).toMatchObject({
      enabled: true,
      seed: 9,
    });
    expect(await sharp(await stage.artifacts.get(augmented.outputs.preview)).metadata()).toMatchObject({
      format: "png",
      width: 34,
      height: 26,
    });
  });

  test("give the same references again", async () => {
    const data = await dataset();

    expect(await checkAndSplit(data)).toEqual(await checkAndSplit(data));
  });

  test("say which of two classes the validation part has no image of", async () => {
    const part = (name: string, first: number, codes: number[]) => ({
      [`x_${name}.npy`]: encodeNpy({
        dtype: "uint8",
        shape: [codes.length, 2, 2],
        data: Uint8Array.from({ length: codes.length * 4 }, (_, i) => first + i),
      }),
      [`y_${name}.npy`]: encodeNpy({ dtype: "uint8", shape: [codes.length], data: Uint8Array.from(codes) }),
    });
    const givenParts = async (validation: number[]) => {
      const files = { ...part("train", 0, [0, 1, 0, 1]), ...part("val", 50, validation), ...part("test", 100, [0, 1]) };
      const source = await storeSource(stage.artifacts, files);
      const parameters = { ingest: ingestParametersSchema.parse({}), dataset: { classes: ["cat", "dog"] } };
      return ingestSource(stage, source, parameters);
    };

    const few = { rules: { "class-size": { severity: "off" } } };

    expect((await checkAndSplit(await givenParts([1, 1]), few)).summary).toMatchObject({ validation: 2, validationLacks: "cat" });
    expect((await checkAndSplit(await givenParts([1, 0]), few)).summary).not.toHaveProperty("validationLacks");
  });

  test("refuse given parts that share an image, unless the rule is waived with a reason", async () => {
    const data = await dataset({ leak: true });
    const off = { rules: { "duplicates-across-parts": { severity: "off" } } };
    const waived = { waive: [{ rule: "duplicates-across-parts", reason: "as published" }] };

    await expect(checkAndSplit(data)).rejects.toThrow(/duplicates-across-parts: 4 sets of identical images/);
    await expect(checkAndSplit(data, off)).rejects.toThrow(InvalidSplit);
    const { outputs } = await checkAndSplit(data, waived);
    expect(await stage.artifacts.getJson(outputs.summary, splitSummarySchema)).toMatchObject({
      strategy: "given",
      leaks: { groups: 0, exactDuplicates: 4 },
    });
    expect((await checkAndSplit(data, waived, { strategy: "stratified" })).summary["leaks"]).toEqual({
      groups: 0,
      exactDuplicates: 0,
    });
  });
});

describe("a split that extends a run's", () => {
  const stratified = { strategy: "stratified", test: 0.25, validation: 0.2 };
  const waived = ["groups-across-parts", "duplicates-across-parts"].map((rule) => ({ rule, reason: "merged" }));

  test("gives what that run knew the same parts under another seed, and says how much that was", async () => {
    const data = await dataset();
    const { outputs } = await checkAndSplit(data, { waive: waived }, stratified);
    const stages = stagesWith({ ingest: { outputs: { dataset: data } }, split: { outputs } });
    await runs.put(aRecord({ runId: "run-1", stages }));

    const { report } = (await check({ parameters: checkParametersSchema.parse({}), inputs: { dataset: data }, seed: 0 }, stage))
      .outputs;
    const parameters = splitParametersSchema.parse({ ...stratified, extends: "run-1" });
    const after = await split({ parameters, inputs: { dataset: data, check: report }, seed: 77 }, stage);

    const described = await stage.artifacts.getJson(data, datasetSchema);
    const codes = (ref: ArtifactRef) => readSplit(stage.artifacts, ref, described);
    expect(await codes(after.outputs.split)).toEqual(await codes(outputs.split));
    expect((await stage.artifacts.getJson(after.outputs.summary, splitSummarySchema)).extends).toEqual({
      runId: "run-1",
      kept: 80,
      added: 0,
      moved: 0,
    });
  });

  test("is refused where that run is not in the store", async () => {
    await expect(checkAndSplit(await dataset(), {}, { ...stratified, extends: "gone" })).rejects.toThrow(
      /split\.extends names run "gone", which is not in this store/,
    );
  });
});
