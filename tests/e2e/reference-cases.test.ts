import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { RunOutcome } from "../../bench/convoy-process.ts";
import { convoyJson, stageStatuses } from "../../bench/convoy-process.ts";
import type { Exploration } from "../../ml/explore/schema.ts";
import { stages } from "../../ml/stages.ts";
import { cutClassFolders, cutIdxFiles, cutLesions, referenceData } from "../support/reference-subsets.ts";

const from = (folder: string) => join(referenceData, folder);
const small = ["train.epochs=1", "train.batchSize=64", "evaluate.bootstrapDraws=100"];

/** A case's data, cut small, and what makes it quick besides. */
const cases: Record<string, { data: (scratch: string) => Promise<string>; set?: string[] }> = {
  kmnist: { data: async () => from("kmnist"), set: ["ingest.maxImages=2000"] },
  "fashion-mnist": {
    data: (scratch) => cutIdxFiles(from("fashion-mnist"), join(scratch, "fashion"), { train: 2000, t10k: 500 }),
  },
  "skin-lesions": {
    data: (scratch) => cutLesions(from("ham10000"), join(scratch, "ham10000"), 60),
    set: ["ingest.height=18", "ingest.width=24", "split.minimumGroups=1"],
  },
  "chest-xray": {
    data: (scratch) => cutClassFolders(join(from("chest_xray"), "chest_xray.zip"), join(scratch, "merged", "chest_xray.zip"), 60),
    set: ["ingest.height=32", "ingest.width=32"],
  },
  "chest-xray-given": {
    data: (scratch) => cutClassFolders(join(from("chest_xray"), "chest_xray.zip"), join(scratch, "given", "chest_xray.zip"), 60),
    set: ["ingest.height=32", "ingest.width=32"],
  },
  "cats-dogs": {
    data: (scratch) => cutClassFolders(join(from("cats_dogs"), "cats_dogs.zip"), join(scratch, "cats_dogs.zip"), 60),
    set: ["ingest.height=24", "ingest.width=24", "check.labelNoise=true"],
  },
};

describe.skipIf(!existsSync(referenceData))(
  "the reference cases (skipped, because ../shared/data is absent, where it is)",
  () => {
    let scratch: string;
    const outcomes = new Map<string, RunOutcome>();

    // All at once: while one trains, others are read, checked and split.
    beforeAll(async () => {
      scratch = await mkdtemp(join(tmpdir(), "convoy-cases-"));
      const runs = Object.entries(cases).map(async ([name, { data, set = [] }]) => {
        const settings = [`dataset.path=${await data(scratch)}`, ...small, ...set].flatMap((setting) => ["--set", setting]);
        outcomes.set(name, await convoyJson<RunOutcome>(["run", `pipelines/${name}.yaml`, ...settings]));
      });
      await Promise.all(runs);
    });

    afterAll(() => rm(scratch, { recursive: true, force: true }));

    test.each(Object.keys(cases))("%s goes through all ten stages of its pipeline file on real images", (name) => {
      const outcome = outcomes.get(name);

      expect(outcome?.status).toBe("done");
      expect(Object.keys(outcome ? stageStatuses(outcome) : {})).toEqual([...stages]);
      expect(outcome?.metrics.test.accuracy).toBeGreaterThan(0);
      expect(outcome?.model.name).toBe(name);
    });

    test("wrong labels are looked for where that is wanted, by models of the train part", async () => {
      const { results } = await convoyJson<{ results: { numbers: Exploration } }>([
        "show",
        outcomes.get("cats-dogs")?.runId ?? "",
        "--stage",
        "explore",
      ]);

      const { balance, labelNoise, check } = results.numbers;
      expect(labelNoise?.asked).toBe(balance.parts.reduce((sum, { rows }) => sum + rows, 0));
      expect(labelNoise?.found).toBe(check.results.find(({ rule }) => rule === "label-noise")?.rowCount);
    });

    test("a leaky split whose gate was waived is bannered on the report, a split by patient is not", async () => {
      const page = async (name: string) => readFile(outcomes.get(name)?.report ?? "", "utf8");

      expect(await page("chest-xray-given")).toContain("Leaky split: these figures are too good.");
      expect(await page("chest-xray")).not.toContain("Leaky split");
    });
  },
);
