import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import type { RunOutcome } from "../../bench/convoy-process.ts";
import { convoyJson } from "../../bench/convoy-process.ts";
import { smallPipeline, writeSmallPictures } from "../support/small-pictures.ts";

interface Reproduced extends RunOutcome {
  reproduces: string;
  comparison: { results: { verdict: string; stages: { stage: string; verdict: string }[] } };
}

let folder: string;
let first: RunOutcome;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-again-"));
  await writeSmallPictures(join(folder, "pictures"));
  const file = join(folder, "small.yaml");
  await writeFile(file, smallPipeline(join(folder, "pictures")));
  first = await convoyJson<RunOutcome>(["run", file]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a run is done again from its record alone, without its data on disk, with every bit the same, and registers nothing", async () => {
  await rm(join(folder, "pictures"), { recursive: true });

  const again = await convoyJson<Reproduced>(["reproduce", first.runId, "--exact"]);

  expect(again.reproduces).toBe(first.runId);
  expect(again.stages.filter(({ status }) => status === "ran")).toHaveLength(9);
  expect(again.comparison.results.verdict).toBe("bitIdentical");
  expect(again.comparison.results.stages.filter(({ verdict }) => verdict !== "bitIdentical")).toMatchObject([
    { stage: "register", verdict: "notCompared" },
  ]);
});
